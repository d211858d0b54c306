"""A lake's files as objects of an S3 bucket.

Here: the calls of S3 that `Storage` promises. Not here: credentials, retries and error codes (`aws.py`), or
what Athena knows of the objects (`glue.py`).

An object appears at once and whole when its upload ends, so there are no temporary names: content is made
complete on this machine first, then sent. Objects are written, listed and deleted by boto3, and read by
arrow's own client, which fetches ranges of columns in parallel; both sign with the same credentials.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import IO, Any

import pyarrow.fs as pafs
from botocore.exceptions import (
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ResponseStreamingError,
)

from spotify_assets.core.errors import LakeError, SettingsError
from spotify_assets.core.lake import aws
from spotify_assets.core.lake.storage import STALE_AFTER_SECONDS, Content, Storage, is_hidden

PART_BYTES = 64 * 2**20
"""Larger objects are sent in parts of this size; the 10,000 that S3 allows make 625 GiB."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ARROW_CODE = re.compile(r"AWS Error (\w+)(?: \([^)]*\))? during (\w+) operation")
_IN_MEMORY = 8 * 2**20


class S3Storage(Storage):
    """Objects below one prefix of a bucket. Nothing is asked of S3 before the first file is."""

    def __init__(self, uri: str, part_bytes: int = PART_BYTES) -> None:
        """Keep objects below `uri`, `s3://bucket` or `s3://bucket/prefix`.

        Raises:
            SettingsError: `uri` names no bucket, or a part of its prefix cannot be one.
            LakeError: `AWS_PROFILE` names a profile that is not there.
        """
        address = uri.removeprefix("s3://").rstrip("/")
        self.bucket, _, self.prefix = address.partition("/")
        if not _BUCKET.fullmatch(self.bucket):
            raise SettingsError(f"LAKE_URI={uri}: s3://bucket/prefix is allowed, with the name of a bucket")
        if self.prefix and set(self.prefix.split("/")) & {"", ".", ".."}:
            raise SettingsError(f"LAKE_URI={uri}: the prefix may not have empty parts, '.' or '..'")
        super().__init__(f"s3://{address}", address)
        self._part_bytes = part_bytes
        self._session = aws.session()
        # Made here, not when first used: making one is not for two threads at once, using it is.
        self._s3 = aws.client(self._session, "s3")
        self._reader: tuple[Any, pafs.S3FileSystem] | None = None

    @property
    def filesystem(self) -> pafs.FileSystem:
        """The bucket as arrow reads it; made anew when the credentials were renewed.

        Raises:
            LakeError: there are no credentials, or they cannot be renewed.
        """
        with aws.explained(f"{self.uri} cannot be read"):
            credentials = self._session.get_credentials()
            signs = None if credentials is None else credentials.get_frozen_credentials()
        if signs is None:
            raise LakeError(f"{self.uri} cannot be read: {aws.explain(NoCredentialsError())}")
        if self._reader is None or self._reader[0] != signs:
            self._reader = (signs, self._open_reader(signs))
        return self._reader[1]

    def write_whole(self, path: str, content: Content) -> None:
        """Make the content complete, then send it: in one request, or in parts that S3 joins at the end."""
        key = self._key(path)
        with (
            aws.explained(f"{self.uri_of(path)} cannot be written"),
            self._made(path, content) as (made, size),
        ):
            if size <= self._part_bytes:
                self._s3.put_object(Bucket=self.bucket, Key=key, Body=made)
            else:
                self._send_in_parts(key, made)

    def read(self, path: str) -> bytes:
        """Return an object's bytes; an answer that breaks off is asked for again."""
        with aws.explained(f"{self.uri_of(path)} cannot be read"):
            attempt = 1
            while True:
                try:
                    with closing(self._get(path)["Body"]) as body:
                        content: bytes = body.read()
                    return content
                except (HTTPClientError, IncompleteReadError, ResponseStreamingError):
                    if attempt >= aws.max_attempts():
                        raise
                    attempt += 1

    def list(self, directory: str, suffix: str = "") -> list[str]:
        """Return the paths of all objects below a directory, however many pages they fill."""
        prefix = f"{self._key(directory)}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        with aws.explained(f"{self.uri_of(directory)} cannot be listed"):
            keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        above = len(self.prefix) + 1 if self.prefix else 0
        paths = (key[above:] for key in keys if not key.endswith("/"))
        return sorted(p for p in paths if p.endswith(suffix) and not is_hidden(p))

    def delete(self, path: str) -> None:
        """Delete an object; nothing happens where there is none."""
        with aws.explained(f"{self.uri_of(path)} cannot be deleted"):
            self._s3.delete_object(Bucket=self.bucket, Key=self._key(path))

    def delete_below(self, directory: str) -> None:
        """Delete all objects below a prefix, as many to a request as S3 lists to a page."""
        where = f"What lies below {self.uri_of(directory)} cannot be deleted"
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{self._key(directory)}/"
        )
        with aws.explained(where):
            for page in pages:
                keys = [{"Key": item["Key"]} for item in page.get("Contents", ())]
                if not keys:
                    continue
                told = {"Objects": keys, "Quiet": True}
                for left in self._s3.delete_objects(Bucket=self.bucket, Delete=told).get("Errors", ()):
                    reason = aws.explain_code(
                        left["Code"], "DeleteObjects", left.get("Message", left["Code"])
                    )
                    raise LakeError(f"{where}: {left['Key']}: {reason}")

    def clean(self, older_than_seconds: float = STALE_AFTER_SECONDS) -> int:
        """Abort uploads that no living writer can own: nobody sees their parts, but they are paid for."""
        newest = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        prefix = f"{self.prefix}/" if self.prefix else ""
        uploads = self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=prefix)
        with aws.explained(f"Unfinished uploads to {self.uri} cannot be aborted"):
            stale = [u for page in uploads for u in page.get("Uploads", ()) if u["Initiated"] <= newest]
            for upload in stale:
                self._abort(upload["Key"], upload["UploadId"])
        return len(stale)

    def explain(self, error: Exception) -> str:
        """Return what an error of arrow's client means."""
        found = _ARROW_CODE.search(str(error))
        if not found:
            return str(error)
        # Arrow spells the codes ACCESS_DENIED; S3 and the rest of this package say AccessDenied.
        code = "".join(part.capitalize() for part in found[1].split("_"))
        return aws.explain_code(code, found[2], str(error))

    @contextmanager
    def _made(self, path: str, content: Content) -> Iterator[tuple[IO[bytes], int]]:
        """Open the content, complete and with its size: in memory while small, else in a file of TMPDIR."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as made:
            try:
                if isinstance(content, bytes):
                    made.write(content)
                else:
                    content(made)
                size = made.tell()
                made.seek(0)
            except OSError as error:
                raise LakeError(
                    f"{self.uri_of(path)} cannot be written ({error.strerror or error}): large files are "
                    "made in TMPDIR before they are sent, which needs space left"
                ) from error
            yield made, size

    def _open_reader(self, signs: Any) -> pafs.S3FileSystem:
        endpoint = str(self._s3.meta.endpoint_url)
        scheme, _, host = endpoint.partition("://")
        of_aws = re.search(r"\.amazonaws\.com(\.cn)?$", host) is not None
        return pafs.S3FileSystem(
            access_key=signs.access_key,
            secret_key=signs.secret_key,
            session_token=signs.token,
            region=self._bucket_region(),
            scheme=scheme,
            endpoint_override=None if of_aws else host,
            retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=aws.max_attempts()),
        )

    def _bucket_region(self) -> str:
        """Return where the bucket is: unlike boto3, arrow's client does not follow it there."""
        with aws.explained(f"{self.uri} cannot be read"):
            answer = self._s3.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix, MaxKeys=1)
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        return str(headers.get("x-amz-bucket-region") or self._session.region_name)

    def _key(self, path: str) -> str:
        return self.full_path(path).removeprefix(f"{self.bucket}/")

    def _get(self, path: str) -> Any:
        try:
            return self._s3.get_object(Bucket=self.bucket, Key=self._key(path))
        except ClientError as error:
            if aws.error_code(error) == "NoSuchKey":
                raise FileNotFoundError(f"There is no {self.uri_of(path)}") from error
            raise

    def _send_in_parts(self, key: str, made: IO[bytes]) -> None:
        where = {"Bucket": self.bucket, "Key": key}
        upload = self._s3.create_multipart_upload(**where, ChecksumAlgorithm="CRC32")["UploadId"]
        try:
            parts = []
            for number in count(1):
                piece = made.read(self._part_bytes)
                if not piece:
                    break
                part = {"UploadId": upload, "PartNumber": number, "ChecksumAlgorithm": "CRC32"}
                sent = self._s3.upload_part(**where, **part, Body=piece)
                kept = ("ETag", "ChecksumCRC32")
                parts.append({"PartNumber": number, **{name: sent[name] for name in kept if name in sent}})
            self._s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
        except BaseException as error:
            # Whatever ended the upload is what to tell; `clean` aborts what could not be aborted now.
            try:
                self._abort(key, upload)
            except aws.AWS_ERRORS as left:
                error.add_note(f"The unfinished upload of {key} is left to be cleaned: {aws.explain(left)}")
            raise

    def _abort(self, key: str, upload: str) -> None:
        try:
            self._s3.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)
        except ClientError as error:
            # It was completed or aborted meanwhile.
            if aws.error_code(error) != "NoSuchUpload":
                raise
