"""The lake on S3 on a bad day: what AWS refuses, drops or is too busy for."""

from __future__ import annotations

from datetime import timedelta
from typing import IO, TYPE_CHECKING

import pytest

from spotify_assets.core.errors import LakeError, SettingsError
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.storage import open_storage
from spotify_assets.core.lake.storage_s3 import S3Storage

from .examples import NOW, rows, stamp

if TYPE_CHECKING:
    from tests.doubles.aws import AwsCall, AwsDouble

MIB = 2**20
ATTEMPTS = 4
"""What the double's environment sets as AWS_MAX_ATTEMPTS."""

AESPA = {"artist_id": "a1", "name": "aespa"}


def is_part(call: AwsCall) -> bool:
    return call.method == "PUT" and "partNumber=" in call.query


def is_put(call: AwsCall) -> bool:
    return call.method == "PUT"


def uploads(aws: AwsDouble, bucket: str) -> list[str]:
    found = aws.client("s3").list_multipart_uploads(Bucket=bucket)
    return [upload["Key"] for upload in found.get("Uploads", ())]


def test_bucket_without_a_prefix_is_a_lake_too(bucket: str) -> None:
    storage = open_storage(f"s3://{bucket}")
    storage.write_whole("raw/a.json", b"{}")
    assert storage.list("raw") == ["raw/a.json"]
    assert storage.uri_of("raw/a.json") == f"s3://{bucket}/raw/a.json"
    assert storage.clean(older_than_seconds=0) == 0


def test_lakes_of_similar_prefixes_do_not_see_each_other(bucket: str) -> None:
    open_storage(f"s3://{bucket}/lake").write_whole("raw/a/1.json", b"1")
    open_storage(f"s3://{bucket}/lake2").write_whole("raw/a/2.json", b"2")
    open_storage(f"s3://{bucket}/lake").write_whole("raw/ab/3.json", b"3")
    assert open_storage(f"s3://{bucket}/lake").list("raw/a") == ["raw/a/1.json"]


def test_listing_of_more_than_a_page_is_whole(aws: AwsDouble, bucket: str) -> None:
    client = aws.client("s3")
    wanted = [f"raw/artists/ingest_date=2026-11-20/{number:04}.parquet" for number in range(1_203)]
    for path in wanted:
        client.put_object(Bucket=bucket, Key=f"lake/{path}", Body=b"")
    client.put_object(Bucket=bucket, Key="lake/raw/artists/", Body=b"")
    client.put_object(Bucket=bucket, Key="lake/raw/artists/_SUCCESS.parquet", Body=b"")
    aws.calls.clear()
    assert open_storage(f"s3://{bucket}/lake").list("raw/artists", suffix=".parquet") == wanted
    assert len(aws.calls) == 2
    aws.calls.clear()
    open_storage(f"s3://{bucket}/lake").delete_below("raw/artists")
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)
    assert len([call for call in aws.calls if call.method == "POST"]) == 2, "a thousand to a request"


def test_objects_that_may_not_be_deleted_are_told(aws: AwsDouble, s3_lake: Lake) -> None:
    s3_lake.storage.write_whole("scratch/1.parquet", b"")
    refused = "<Key>some/lake/scratch/1.parquet</Key><Code>AccessDenied</Code><Message>no</Message>"
    body = f"<?xml version='1.0'?><DeleteResult><Error>{refused}</Error></DeleteResult>"
    aws.fail(200, "", lambda call: call.method == "POST", body=body)
    with pytest.raises(LakeError, match=r"scratch/1\.parquet: AWS denies DeleteObjects.*IAM policy"):
        s3_lake.storage.delete_below("scratch")


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError")])
def test_calls_that_s3_is_too_busy_for_are_tried_again(
    aws: AwsDouble, s3_lake: Lake, status: int, code: str
) -> None:
    fault = aws.fail(status, code, is_put, times=2)
    s3_lake.append("artists", rows("artists", AESPA), stamp())
    assert fault.met == 2
    reading = aws.fail(status, code, lambda call: call.method in ("GET", "HEAD"), times=2)
    assert s3_lake.read("artists")["name"].to_pylist() == ["aespa"]
    assert reading.met == 2


def test_s3_that_stays_too_busy_is_given_up_in_bounded_time(aws: AwsDouble, s3_lake: Lake) -> None:
    fault = aws.fail(503, "SlowDown")
    with pytest.raises(LakeError, match=r"too busy in 4 attempts at PutObject \(SlowDown\): try again later"):
        s3_lake.storage.write_whole("x", b"")
    assert fault.met == ATTEMPTS


def test_arrow_reads_through_faults_and_explains_those_that_stay(aws: AwsDouble, s3_lake: Lake) -> None:
    written = s3_lake.append("artists", rows("artists", AESPA), stamp())
    assert s3_lake.row_count("artists") == 1

    def of_the_file(call: AwsCall) -> bool:
        return call.method == "GET" and str(written.path) in call.path

    fault = aws.fail(503, "SlowDown", of_the_file, times=2)
    assert s3_lake.row_count("artists") == 1
    assert fault.met == 2
    aws.fail(403, "AccessDenied", of_the_file)
    with pytest.raises(
        LakeError, match=r"AWS denies GetObject to these credentials \(AccessDenied\): allow it"
    ):
        s3_lake.row_count("artists")


def test_missing_bucket_is_told_with_how_to_make_it(aws: AwsDouble) -> None:
    lake = Lake(open_storage("s3://nobody-made-this/lake"))
    made = "no such bucket: `aws s3 mb s3://nobody-made-this` makes it"
    with pytest.raises(LakeError, match=rf"cannot be written: there is {made}"):
        lake.append("artists", rows("artists", AESPA), stamp(), [])
    for look in (
        lambda: lake.files("artists"),
        lambda: lake.read_json("marts/CURRENT.json"),
        lake.storage.clean,
    ):
        with pytest.raises(LakeError, match=made):
            look()
    with pytest.raises(LakeError, match=made):
        _ = lake.storage.filesystem


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (400, "ExpiredToken", r"credentials have expired \(ExpiredToken\): sign in anew"),
        (403, "InvalidAccessKeyId", r"does not accept the credentials \(InvalidAccessKeyId\): sign in anew"),
        (403, "AccessDenied", r"AWS denies \w+ to these credentials \(AccessDenied\): allow it in their IAM"),
    ],
)
def test_credentials_that_do_not_do_are_told_at_once(
    aws: AwsDouble, s3_lake: Lake, status: int, code: str, message: str
) -> None:
    s3_lake.append("artists", rows("artists", AESPA), stamp())
    fault = aws.fail(status, code)
    with pytest.raises(LakeError, match=message):
        s3_lake.append("artists", rows("artists", AESPA), stamp(run_id="run-2"))
    assert fault.met == 1
    storage = s3_lake.storage
    for look in (lambda: s3_lake.read("artists"), lambda: storage.read("x"), lambda: storage.delete("x")):
        with pytest.raises(LakeError, match=message):
            look()


def test_missing_credentials_are_told(s3_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    storage = open_storage(s3_lake.storage.uri)
    with pytest.raises(LakeError, match=r"no AWS credentials were found .*: sign in anew"):
        storage.list("raw")
    with pytest.raises(LakeError, match=r"no AWS credentials were found .*: sign in anew"):
        _ = storage.filesystem
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(LakeError, match=r"AWS_PROFILE: .*nobody.* name one of `aws configure list-profiles`"):
        open_storage(s3_lake.storage.uri)


def test_unreachable_s3_is_told(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(LakeError, match=r"AWS cannot be reached .*AWS_ENDPOINT_URL"):
        open_storage(f"s3://{bucket}").list("raw")


@pytest.mark.parametrize(
    "uri", ["s3://", "s3:///lake", "s3://UPPER/lake", "s3://bucket/a//b", "s3://bucket/../b"]
)
def test_addresses_that_are_none_are_refused(uri: str) -> None:
    with pytest.raises(SettingsError, match="LAKE_URI="):
        open_storage(uri)


def test_large_content_goes_in_parts_and_comes_back(aws: AwsDouble, bucket: str) -> None:
    storage = S3Storage(f"s3://{bucket}/lake", part_bytes=5 * MIB)
    content = bytes(range(256)) * (12 * MIB // 256) + b"end"
    aws.fail(500, "InternalError", is_part, times=1)
    storage.write_whole("large", content)
    assert len({call.query for call in aws.calls if is_part(call)}) == 3
    assert storage.read("large") == content
    assert uploads(aws, bucket) == []


def test_upload_that_fails_half_way_is_aborted_and_leaves_the_old_file(aws: AwsDouble, bucket: str) -> None:
    storage = S3Storage(f"s3://{bucket}/lake", part_bytes=5 * MIB)
    storage.write_whole("large", b"old")
    aws.fail(500, "InternalError", lambda call: is_part(call) and "partNumber=2" in call.query)
    with pytest.raises(LakeError, match="large cannot be written: AWS failed in 4 attempts at UploadPart"):
        storage.write_whole("large", bytes(12 * MIB))
    assert storage.read("large") == b"old"
    assert uploads(aws, bucket) == []


def test_upload_that_cannot_even_be_aborted_is_cleaned_later(aws: AwsDouble, bucket: str) -> None:
    storage = S3Storage(f"s3://{bucket}/lake", part_bytes=5 * MIB)
    aws.fail(403, "AccessDenied", lambda call: is_part(call) or call.method == "DELETE")
    with pytest.raises(LakeError, match="AWS denies UploadPart"):
        storage.write_whole("large", bytes(6 * MIB))
    assert uploads(aws, bucket) == ["lake/large"]
    aws.faults.clear()
    assert storage.clean(older_than_seconds=0) == 1


def test_half_uploaded_file_is_unseen_by_readers_and_cleaned_once_stale(
    aws: AwsDouble, bucket: str, s3_lake: Lake
) -> None:
    client = aws.client("s3")
    kept = s3_lake.append("artists", rows("artists", AESPA), stamp())
    half = "some/lake/raw/artists/ingest_date=2026-11-20/half.parquet"
    for key in (half, f"some/lake/{kept.path}", "some/other/lake.parquet"):
        upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"half")

    assert s3_lake.files("artists") == [kept.path]
    assert s3_lake.row_count("artists") == 1
    with pytest.raises(FileNotFoundError):
        s3_lake.storage.read(half.removeprefix("some/lake/"))
    assert s3_lake.storage.clean() == 0
    aws.uploads_began -= timedelta(hours=2)
    assert s3_lake.storage.clean() == 2
    assert uploads(aws, bucket) == ["some/other/lake.parquet"]
    assert s3_lake.row_count("artists") == 1


def test_nothing_is_sent_of_content_that_cannot_be_made(aws: AwsDouble, s3_lake: Lake) -> None:
    def fail_half_way(file: IO[bytes]) -> None:
        file.write(b"half")
        raise ValueError("source went away")

    with pytest.raises(ValueError, match="source went away"):
        s3_lake.storage.write_whole("x", fail_half_way)
    assert not [call for call in aws.calls if is_put(call) and "/x" in call.path]


def test_compaction_interrupted_before_it_deletes_loses_nothing(aws: AwsDouble, s3_lake: Lake) -> None:
    for run in ("run-1", "run-2", "run-3"):
        late = stamp(run_id=run, fetched_at=NOW + timedelta(minutes=int(run[-1])))
        s3_lake.append("artists", rows("artists", AESPA), late)
    aws.fail(403, "AccessDenied", lambda call: call.method == "DELETE")
    with pytest.raises(LakeError, match="cannot be deleted: AWS denies DeleteObject"):
        s3_lake.compact("artists", NOW.date())
    assert len(s3_lake.files("artists")) == 4
    assert len(set(s3_lake.read("artists")["run_id"].to_pylist())) == 3
    aws.faults.clear()
    assert s3_lake.compact("artists", NOW.date()).rows == 3
    assert len(s3_lake.files("artists")) == 1
