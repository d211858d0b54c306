"""Tracks get moods on Spark, the same wherever it runs, and the bot tells of them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import pytest
from botocore.exceptions import ClientError

from chatbot import messages
from spotify_assets.core.lake.moods import (
    PARTS,
    SCHEMAS,
    delete_moods,
    directory,
    mood_versions,
)
from spotify_assets.core.moods import FEATURES, MOOD_OF, MOODS
from tests.defs.conftest import Graph, failures, metadata_of, sample_platform

from .conftest import HALF, OnEmr, Sorted, every_part

pytestmark = pytest.mark.slow


def test_the_job_runs_and_shows_what_it_did(sorted_here: Sorted) -> None:
    assert sorted_here.result.success, failures(sorted_here.result)
    shown = metadata_of(sorted_here.result, "track_moods")
    assert shown["dagster/row_count"] == sorted_here.rows("tracks").num_rows > 2000
    assert shown["rows of artists"] == sorted_here.rows("artists").num_rows
    assert shown["mood_version"] == sorted_here.version
    assert 0.5 < shown["explained variance"] < 1
    assert shown["picture"].startswith("![plot](data:image/png;base64,")
    assert "| melancholic |" in shown["moods of all tracks"]


def test_every_believed_track_has_a_mood_and_no_other(sorted_here: Sorted) -> None:
    """Spark believes of the observations what staging believes."""
    graph = sorted_here.graph
    whole = " and ".join(f"{name} is not null" for name in FEATURES)
    believed = graph.rows(
        f"select track_id from stg_audio_features semi join stg_tracks using (track_id) where {whole} order by 1"
    )
    assert sorted_here.rows("tracks")["track_id"].to_pylist() == [track for (track,) in believed]
    assert graph.rows("select count(*) from song_moods") == [(len(believed),)]


def test_shares_are_of_the_believed_credits_and_years(sorted_here: Sorted) -> None:
    graph = sorted_here.graph
    for part, owner, owned in (
        ("artists", "artist_id", "(select distinct track_id, artist_id from stg_track_artists)"),
        (
            "years",
            "year",
            "(select track_id, release_year as year from dim_tracks where release_year is not null)",
        ),
    ):
        counted = graph.rows(
            f"""with counted as (
                select {owner}, mood, count(*) as n_tracks
                from {owned} inner join stg_track_moods using (track_id) group by all
            )
            select *, n_tracks / sum(n_tracks) over (partition by {owner}) from counted order by 1, 2"""
        )
        found = [tuple(row.values()) for row in sorted_here.rows(part).to_pylist()]
        assert [row[:3] for row in found] == [row[:3] for row in counted]
        assert [row[3] for row in found] == pytest.approx([row[3] for row in counted], abs=1e-12)


def test_a_mood_sounds_like_its_name(sorted_here: Sorted) -> None:
    rows = {row["mood"]: row for row in sorted_here.rows("moods").to_pylist()}
    assert set(rows) == set(MOOD_OF)
    assert sum(row["share"] for row in rows.values()) == pytest.approx(1)
    for mood, feature in (("dreamy", "instrumentalness"), ("live", "liveness"), ("spoken", "speechiness")):
        assert max(rows, key=lambda key, name=feature: rows[key][name]) == mood
    average = sum(row["share"] * row["acousticness"] for row in rows.values())
    assert rows["acoustic"]["acousticness"] > average > rows["fierce"]["acousticness"]
    assert rows["bright"]["valence"] > rows["melancholic"]["valence"]
    assert rows["fierce"]["energy"] > rows["acoustic"]["energy"]
    assert [(row["name_ko"], row["name_en"]) for row in rows.values()] == [(m.ko, m.en) for m in MOODS]


def test_what_a_dead_run_left_is_never_read(sorted_here: Sorted) -> None:
    lake = sorted_here.graph.platform.lake
    assert lake.storage.list(directory("tracks", HALF))
    assert sorted_here.version < HALF
    assert sorted_here.graph.rows("select count(*) from stg_track_moods where track_id = 'nobody'") == [(0,)]


def test_the_bot_says_that_two_artists_share_a_mood(sorted_here: Sorted) -> None:
    graph = sorted_here.graph
    main = dict(graph.rows("select artist_id, mood from artist_moods where is_main"))
    songs = dict(graph.rows("select track_id, mood from song_moods"))
    answers = graph.platform.store.answers
    shared = told = 0
    for artist in answers.versions("artist"):
        document = answers.artist(artist)
        assert document
        for entry in document.similar:
            own, other = main.get(artist), main.get(entry.artist.artist_id)
            assert entry.likeness.shared_mood == (own if own == other else None)
            if entry.likeness.shared_mood:
                shared += 1
                mood = MOOD_OF[entry.likeness.shared_mood]
                told += f"both {mood.en}" in messages.why(entry.likeness, "en")
                assert f"둘 다 {mood.ko} 분위기예요" in messages.why(entry.likeness, "ko")
    assert shared == told > 500
    for track in list(answers.versions("track"))[:200]:
        song = answers.track(track)
        assert song
        for alike in song.similar:
            own, other = songs.get(track), songs.get(alike.track.track_id)
            assert alike.likeness.shared_mood == (own if own == other else None)


def test_emr_serverless_runs_the_same_program_to_the_same_end(
    sorted_here: Sorted, sorted_on_emr: Sorted, on_emr: OnEmr
) -> None:
    """Another cluster, another file system, another run: the same moods, to the last digit."""
    assert sorted_on_emr.result.success, failures(sorted_on_emr.result)
    assert every_part(sorted_on_emr) == every_part(sorted_here)
    shown = metadata_of(sorted_on_emr.result, "track_moods")
    assert shown["ran on"] == f"emr-serverless://{on_emr.application}"
    assert shown["dagster/row_count"] == sorted_here.rows("tracks").num_rows
    glue = on_emr.aws.client("glue")
    for table in ("mood_tracks", "mood_artists", "mood_years", "moods"):
        found = glue.get_partitions(DatabaseName="spotify_assets_raw", TableName=table)["Partitions"]
        assert [one["Values"] for one in found] == [[sorted_on_emr.version]]
    logs = on_emr.aws.client("s3").list_objects_v2(Bucket=on_emr.bucket, Prefix="lake/spark/logs/")
    assert [Path(one["Key"]).name for one in logs["Contents"]] == ["stderr.gz"]


def test_the_job_run_asks_for_what_emr_has(sorted_on_emr: Sorted, on_emr: OnEmr) -> None:
    assert on_emr.aws.emr
    run = next(iter(on_emr.aws.emr.runs.values()))
    submit = run.request["jobDriver"]["sparkSubmit"]
    assert re.fullmatch(r"s3://moods-lake/lake/spark/[0-9a-f]{16}/track_moods.py", submit["entryPoint"])
    assert submit["entryPointArguments"][:2] == ["s3://moods-lake/lake", sorted_on_emr.version]
    assert (
        "--conf spark.archives=s3://moods-lake/environment.tar.gz#environment"
        in submit["sparkSubmitParameters"]
    )
    assert run.request["tags"]["dagster/run-id"] == sorted_on_emr.result.run_id


def test_a_job_that_emr_cannot_end_fails_the_asset(on_emr: OnEmr) -> None:
    no_python = on_emr.run(spark_environment=f"s3://{on_emr.bucket}/nowhere.tar.gz")
    assert "EMR Serverless job failed" in failures(no_python)
    assert on_emr.aws.emr
    assert "404" in list(on_emr.aws.emr.runs.values())[-1].details


def test_emr_refuses_what_its_api_refuses(on_emr: OnEmr) -> None:
    emr = on_emr.aws.client("emr-serverless")
    asked = {
        "applicationId": on_emr.application,
        "executionRoleArn": "arn:aws:iam::123456789012:role/moods",
        "jobDriver": {"sparkSubmit": {"entryPoint": f"s3://{on_emr.bucket}/nothing.py"}},
    }
    with pytest.raises(ClientError, match=r"ValidationException.*executionRoleArn"):
        emr.start_job_run(**{**asked, "executionRoleArn": "arn:aws:iam::123:user/somebody"})
    with pytest.raises(ClientError, match=r"ValidationException.*name"):
        emr.start_job_run(**asked, name="x" * 257)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        emr.get_job_run(applicationId=on_emr.application, jobRunId="00none")
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*Application 00none"):
        emr.start_job_run(**{**asked, "applicationId": "00none"})
    first = emr.start_job_run(**asked, clientToken="same")["jobRunId"]
    assert emr.start_job_run(**asked, clientToken="same")["jobRunId"] == first
    stopped = emr.create_application(name="off", releaseLabel="emr-7.13.0", type="SPARK", clientToken="off")
    emr.stop_application(applicationId=stopped["applicationId"])
    with pytest.raises(ClientError, match=r"ValidationException.*state"):
        emr.start_job_run(**{**asked, "applicationId": stopped["applicationId"]})


def test_a_lake_without_observations_is_told_and_not_retried(sorted_here: Sorted, tmp_path: Path) -> None:
    result = Graph(sample_platform(tmp_path / "empty"), sorted_here.graph.instance).run("moods")
    assert not result.success
    assert "materialise raw_tracks first" in failures(result)
    assert not result.filter_events(lambda event: event.is_step_up_for_retry)


def test_old_and_unfinished_versions_are_deleted_and_a_purge_leaves_none(
    sorted_here: Sorted, tmp_path: Path
) -> None:
    lake = sample_platform(tmp_path / "home").lake
    for version, parts in (("t1", PARTS), ("t2", PARTS[:2]), ("t3", PARTS), ("t4", PARTS), ("t5", PARTS[:3])):
        for part in parts:
            lake.write_table(f"{directory(part, version)}/part-0.parquet", SCHEMAS[part].empty_table())
            lake.storage.write_whole(f"{directory(part, version)}/_temporary/0/part-1.parquet", b"half")
    assert mood_versions(lake) == ["t1", "t3", "t4"]
    assert delete_moods(lake, kept=2) == ["t1", "t2"]
    assert mood_versions(lake) == ["t3", "t4"]
    assert delete_moods(lake) == ["t3", "t4", "t5"]
    root = Path(urlsplit(lake.storage.uri).path) / "track_moods"
    assert not [path for path in root.rglob("*") if path.is_file()]


def test_without_spark_or_java_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        graph = Graph(sample_platform(tmp_path / "home"), instance)
        monkeypatch.setitem(sys.modules, "pyspark", None)
        assert "pip install 'spotify-assets[spark]'" in failures(graph.run("moods"))
        monkeypatch.delitem(sys.modules, "pyspark")
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "install Java 17 or later" in failures(graph.run("moods"))
