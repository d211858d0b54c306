"""Artists whom people ask for, or put on playlists, together: from events and files to similar artists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.event_stream import open_stream
from spotify_assets.core.events import to_line
from spotify_assets.core.records import ChatEvent
from spotify_assets.sample import SAMPLE_DIRECTORY
from tests.defs.conftest import Graph, failures, metadata_of, sample_platform

NOW = datetime.now(UTC)
COMPANIONS = [dg.AssetKey("artist_companions")]
READ = [dg.AssetKey("raw_chat_events")]


def write_dataset(directory: Path, size: int = 40) -> list[str]:
    """Write some artists of the sample as a dataset; return those that play alone, each with a song."""
    directory.mkdir()
    found = {path.stem: pq.read_table(path) for path in SAMPLE_DIRECTORY.glob("*.parquet")}
    artists = found["artists"].slice(0, size)
    credits = found["track_artists"]
    together = credits.filter(pc.greater(credits["position"], 0))["track_id"].combine_chunks()
    mine = pc.is_in(credits["artist_id"], value_set=artists["artist_id"].combine_chunks())
    credits = credits.filter(pc.and_(mine, pc.invert(pc.is_in(credits["track_id"], value_set=together))))
    pq.write_table(artists, directory / "artists.parquet")
    pq.write_table(credits, directory / "track_artists.parquet")
    for table in ("tracks", "audio_features"):
        rows = found[table]
        kept = pc.is_in(rows["track_id"], value_set=credits["track_id"].combine_chunks())
        pq.write_table(rows.filter(kept), directory / f"{table}.parquet")
    return sorted(set(credits["artist_id"].to_pylist()))


def write_playlists(directory: Path, *playlists: list[str]) -> None:
    """Write playlists that hold all songs of these artists."""
    credits = pq.read_table(directory / "track_artists.parquet").to_pylist()
    rows = [
        {"playlist_id": f"p{number}", "track_id": credit["track_id"]}
        for number, artists in enumerate(playlists)
        for credit in credits
        if credit["artist_id"] in artists
    ]
    pq.write_table(pa.Table.from_pylist(rows), directory / "playlist_tracks.parquet")


def ask(graph: Graph, user: int, *artists: str, channel: str = "kakao") -> None:
    """Have somebody ask the bot for these artists, a minute apart."""
    stream = open_stream(graph.platform.settings)
    for minute, artist in enumerate(artists):
        at = NOW - timedelta(hours=3) + timedelta(minutes=minute)
        turn = f"{user}-{minute}-{artist}"
        event = ChatEvent(turn, at, f"{user:032x}", channel, None, "artist", artist, 5, False, None)
        stream.emit(partial(to_line, event))
    stream.close(timeout=60)


def ties(graph: Graph) -> dict[tuple[str, str], str]:
    """The pairs of the newest lists, with who says so."""
    rows = graph.platform.lake.read("related_artists").sort_by("fetched_at").to_pylist()
    newest = {(row["source"], row["artist_id"]): row["fetched_at"] for row in rows}
    return {
        (row["artist_id"], row["related_id"]): row["source"]
        for row in rows
        if row["related_id"] and newest[row["source"], row["artist_id"]] == row["fetched_at"]
    }


@pytest.fixture
def artists(tmp_path: Path) -> list[str]:
    return write_dataset(tmp_path / "dataset")


@pytest.fixture
def graph(tmp_path: Path, artists: list[str], instance: dg.DagsterInstance) -> Graph:
    directory = str(tmp_path / "dataset")
    return Graph(
        sample_platform(tmp_path / "home", catalog_source="dataset", catalog_dataset=directory), instance
    )


def test_whom_people_name_together_become_similar(graph: Graph, artists: list[str], tmp_path: Path) -> None:
    one, other, third, fourth, *_ = artists
    write_playlists(tmp_path / "dataset", *[[third, fourth]] * 4, [one, fourth])
    for user in (1, 2, 3):
        ask(graph, user, one, other)
    ask(graph, 1, third, "whom-nobody-knows", fourth)
    assert graph.run("chat_events").success
    result = graph.run()
    assert result.success, failures(result)
    said = {
        (one, other): "chat",
        (other, one): "chat",
        (third, fourth): "playlists",
        (fourth, third): "playlists",
    }
    assert ties(graph) == said
    shown = metadata_of(result, "artist_companions")
    assert (shown["dagster/row_count"], shown["chat: pairs"], shown["playlists: lists written"]) == (4, 2, 2)
    bonus = graph.rows(
        "select artist_id, related_id, related_bonus from int_artist_links where related_bonus > 0"
    )
    # The first has asked for all four: n = 3, 3 of 3 have both; of playlists 4 of 4 and 5.
    closeness = {"chat": 3 / 13, "playlists": 4 / 20**0.5 * 4 / 14}
    assert {(a, b): n for a, b, n in bonus} == {
        pair: round(120_000 * round(closeness[source], 6)) for pair, source in said.items()
    }
    parts = graph.rows(
        "select artist_id, related_id, related_part from artist_similarity where related_part > 0"
    )
    assert {(a, b) for a, b, _ in parts} == set(said)
    document = graph.platform.store.answers.artist(one)
    assert document
    assert {s.artist.artist_id for s in document.similar if s.likeness.is_related} == {other}

    files = graph.platform.lake.files("related_artists")
    again = graph.run(asset_selection=COMPANIONS)
    assert again.success
    assert metadata_of(again, "artist_companions")["chat: lists written"] == 0
    assert graph.platform.lake.files("related_artists") == files


def test_one_person_and_the_open_web_tie_nobody(graph: Graph, artists: list[str]) -> None:
    graph.run(asset_selection=[dg.AssetKey("artist_roster"), dg.AssetKey("raw_artists")])
    one, other, *_ = artists
    for user in (4, 5, 6):
        ask(graph, user, one, other, channel="web")
    ask(graph, 1, *[one, other] * 50)
    assert graph.run(asset_selection=READ).success
    assert graph.run(asset_selection=COMPANIONS).success
    assert graph.platform.lake.row_count("chat_turns") == 106
    assert ties(graph) == {}
    for user in (2, 3):
        ask(graph, user, one, other)
    assert graph.run(asset_selection=READ).success
    assert graph.run(asset_selection=COMPANIONS).success
    assert ties(graph) == {(one, other): "chat", (other, one): "chat"}


def test_a_playlist_that_is_gone_ties_no_more(graph: Graph, artists: list[str], tmp_path: Path) -> None:
    graph.run(asset_selection=[dg.AssetKey("artist_roster"), dg.AssetKey("raw_artists")])
    one, other, third, *_ = artists
    write_playlists(tmp_path / "dataset", *[[one, other, third]] * 3)
    assert graph.run(asset_selection=COMPANIONS).success
    assert len(ties(graph)) == 6
    write_playlists(tmp_path / "dataset", *[[one, other]] * 3, [third])
    result = graph.run(asset_selection=COMPANIONS)
    assert ties(graph) == {(one, other): "playlists", (other, one): "playlists"}
    shown = metadata_of(result, "artist_companions")
    assert (shown["playlists: lists written"], shown["playlists: lists withdrawn"]) == (2, 1)
    # Without the table nothing is said of playlists, and what was said stands until it expires.
    (tmp_path / "dataset" / "playlist_tracks.parquet").unlink()
    result = graph.run(asset_selection=COMPANIONS)
    assert metadata_of(result, "artist_companions")["playlists"] == "not offered by dataset"
    assert len(ties(graph)) == 2


def test_playlists_of_something_else_fail_with_a_sentence(graph: Graph, tmp_path: Path) -> None:
    other = pa.table({"playlist_id": ["p"], "track_id": ["elsewhere"]})
    pq.write_table(other, tmp_path / "dataset" / "playlist_tracks.parquet")
    result = graph.run(asset_selection=COMPANIONS)
    assert not result.success
    assert "track_artists credits none of its 1 tracks" in failures(result)


def test_without_turns_and_playlists_nothing_is_written(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    graph = Graph(sample_platform(tmp_path / "home"), instance)
    result = graph.run(asset_selection=COMPANIONS)
    assert result.success
    shown = metadata_of(result, "artist_companions")
    assert (shown["dagster/row_count"], shown["playlists"]) == (0, "not offered by sample")
    assert graph.platform.lake.files("related_artists") == []
