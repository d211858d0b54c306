"""Going back to an earlier snapshot, and removing rows so that no file holds them any more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.lake import Lake, open_lake
from spotify_assets.core.lake.pointers import current_snapshot, new_id, snapshots
from spotify_assets.core.names import name_key
from spotify_assets.core.store import Document
from spotify_assets.defs.marts.warehouse import open_warehouse
from spotify_assets.defs.serving.publish import KINDS
from tests.commands.conftest import Terminal, in_one_sentence

GONE = "sample-artist-newjeans"


def lake_of(terminal: Terminal) -> Lake:
    return open_lake(terminal.settings)


def pointer(terminal: Terminal) -> str:
    return json.loads((terminal.home / "lake/marts/CURRENT.json").read_text())["snapshot"]


def test_there_is_nothing_to_go_back_to_after_one_build(shared: Terminal) -> None:
    sentence = in_one_sentence(shared.run("spotify-assets", "rollback"), 1)
    assert "no snapshot before the current one" in sentence


@pytest.mark.parametrize("snapshot", ["s20000101T000000Z-0000", "../../../etc/passwd"])
def test_a_snapshot_that_is_not_there_is_named(shared: Terminal, snapshot: str) -> None:
    sentence = in_one_sentence(shared.run("spotify-assets", "rollback", snapshot), 1)
    assert snapshot in sentence
    assert pointer(shared) == current_snapshot(lake_of(shared)).snapshot  # type: ignore[union-attr]


def test_removing_needs_a_word_that_says_what(shared: Terminal) -> None:
    done = shared.run("spotify-assets", "purge")
    assert done.returncode == 2
    assert "--expired" in done.stderr and "--source" in done.stderr
    assert lake_of(shared).row_count("artists") > 190


def test_rollback_brings_back_documents_and_pointer(built: Terminal) -> None:
    first, answers = pointer(built), built.store.answers
    before = {kind: answers.versions(kind) for kind in KINDS}
    done = built.run("spotify-assets", "materialize", "mart_snapshot")
    assert done.returncode == 0, done.stderr
    second = pointer(built)
    assert second > first
    # What a bad build would do to the store.
    answers.remove("artist", ["sample-artist-aespa"])
    answers.put([Document("track", "a-track-of-a-bad-build", "v", "{}", ())])

    done = built.run("spotify-assets", "rollback")
    assert done.returncode == 0, done.stderr
    assert f"Snapshot {first} of" in done.stdout
    assert pointer(built) == first
    assert {kind: answers.versions(kind) for kind in KINDS} == before
    assert built.run("spotify-assets", "rollback", second).returncode == 0, "and forward again"
    assert pointer(built) == second


def expire(terminal: Terminal, artist_id: str) -> list[str]:
    """Let all rows about an artist and its tracks expire; return the texts that they alone hold."""
    name = artist_id.removeprefix("sample-artist-")
    past = pa.scalar(datetime(2026, 1, 1, tzinfo=UTC), pa.timestamp("us", tz="UTC"))
    texts, kept = set(), set()
    for path in (terminal.home / "lake/raw").rglob("*.parquet"):
        rows = pq.ParquetFile(path).read()
        ids = [column for column in ("artist_id", "track_id") if column in rows.column_names]
        theirs = pa.array([False] * rows.num_rows, pa.bool_())
        for column in ids:
            found = pc.match_substring_regex(rows[column], f"-{name}(-|$)").combine_chunks()
            theirs = pc.or_(theirs, found)
        place = rows.column_names.index("expires_at")
        rows = rows.set_column(place, "expires_at", pc.if_else(theirs, past, rows["expires_at"]))
        pq.write_table(rows, path, compression="zstd")
        for column in {"track_id", "name", "alias"}.intersection(rows.column_names):
            texts |= set(rows.filter(theirs)[column].drop_null().to_pylist())
            kept |= set(rows.filter(pc.invert(theirs))[column].drop_null().to_pylist())
    alone = texts - kept
    assert len(alone) > 10
    return sorted(alone)


def places(home: Path, texts: list[str]) -> dict[str, list[str]]:
    """Where below a home these texts are found: in the bytes of any file, or in the columns of a Parquet file."""
    found: dict[str, list[str]] = {}
    for path in (p for p in home.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += str(pq.ParquetFile(path).read().to_pylist()).encode()
        for text in texts:
            if text.encode() in content or json.dumps(text)[1:-1].encode() in content:
                found.setdefault(str(path.relative_to(home)), []).append(text)
    return found


def add_guest(lake: Lake) -> str:
    """Put an artist of another source beside the others; return its name."""
    (file,) = lake.files("artists")
    rows = pq.ParquetFile(lake.storage.full_path(file)).read()
    guest = rows.slice(0, 1).to_pylist()[0]
    guest |= {"artist_id": "guest", "name": "A Guest From Elsewhere", "source": "elsewhere"}
    extra = pa.Table.from_pylist([guest], schema=rows.schema)
    lake.write_table(file.replace(".parquet", "-guest.parquet"), extra)
    return guest["name"]


@pytest.mark.slow
def test_removed_rows_are_gone_from_every_file_and_the_bot_answers_for_the_rest(built: Terminal) -> None:
    texts = [*expire(built, GONE), add_guest(lake_of(built))]
    lake, answers, first = lake_of(built), built.store.answers, pointer(built)
    assert answers.artist(GONE)
    assert any("dagster" in place for place in places(built.home, texts)), "previews of runs hold some of it"
    killed = f"marts/dim_tracks/snapshot={new_id('s', datetime(2026, 1, 2, tzinfo=UTC))}/part-0.parquet"
    lake.storage.write_whole(killed, b"PAR1, left by an export that was killed")

    done = built.run("spotify-assets", "purge", "--expired", "--source", "elsewhere")
    assert done.returncode == 0, done.stderr
    assert "rows are gone from" in done.stdout.splitlines()[-1]

    # The roster still says that the artist is to be kept fresh: that is ours, not an observation.
    assert places(built.home, [t for t in texts if t != "NewJeans"]) == {}
    assert set(places(built.home, ["NewJeans"])) <= {"serving.db"}
    assert snapshots(lake) == [pointer(built)] != [first]
    assert not lake.storage.list("/".join(killed.split("/")[:3]))
    with open_warehouse(built.settings).connect() as marts:
        assert marts.sql(f"select count(*) from dim_artists where artist_id = '{GONE}'").fetchall() == [(0,)]
    assert answers.artist(GONE) is None
    assert answers.find(name_key("NewJeans")) == []
    aespa = answers.artist("sample-artist-aespa")
    assert aespa and len(aespa.similar) == 20
    assert GONE not in {s.artist.artist_id for s in aespa.similar}
    assert "aespa" in built.run("chatbot", "ask", "에스파").stdout
    assert "no snapshot before" in built.run("spotify-assets", "rollback").stderr
