"""Publishing: documents change only with their content, and load as what the bot reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from spotify_assets.core import names
from spotify_assets.core.names import name_key
from spotify_assets.core.records import SIMILARITY_FEATURES
from spotify_assets.core.store import ServingStore
from spotify_assets.core.store.documents import ArtistCard, ArtistDocument, Kind, TrackCard, TrackDocument
from spotify_assets.core.store.sql import SqlStore
from spotify_assets.defs.marts.mirror_sql import STAMP
from spotify_assets.defs.marts.warehouse import MARTS
from spotify_assets.defs.serving.publish import KINDS, NO_MOODS, publish
from spotify_assets.defs.serving.publish import documents as documents_of
from tests.defs.conftest import Graph


@contextmanager
def marts_of(graph: Graph) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built marts as tables in memory, to change at will."""
    warehouse = graph.platform.settings.warehouse_path
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        for mart in MARTS:
            connection.execute(f"create table {mart} as from built.{mart}")
        connection.execute("detach built")
        yield connection


@pytest.fixture
def marts(built: Graph) -> Iterator[duckdb.DuckDBPyConnection]:
    with marts_of(built) as connection:
        yield connection


@pytest.fixture(scope="module")
def published(built: Graph, tmp_path_factory: pytest.TempPathFactory) -> SqlStore:
    """A store of its own, to which the marts were published once; tests leave it as it was."""
    store = SqlStore(f"sqlite:///{tmp_path_factory.mktemp('serving') / 'serving.db'}")
    with marts_of(built) as connection:
        for kind in KINDS:
            assert publish(connection, store, kind).written > 100
    return store


def documents(store: ServingStore) -> dict[tuple[str, str], ArtistDocument | TrackDocument | None]:
    artists = {("artist", i): store.answers.artist(i) for i in store.answers.versions("artist")}
    return artists | {("track", i): store.answers.track(i) for i in store.answers.versions("track")}


def versions(store: ServingStore) -> dict[tuple[str, str], str]:
    return {(kind, i): v for kind in KINDS for i, v in store.answers.versions(kind).items()}


def test_publishing_again_writes_and_removes_nothing(
    marts: duckdb.DuckDBPyConnection, published: SqlStore
) -> None:
    again = [publish(marts, published, kind) for kind in KINDS]
    assert [(part.written, part.removed) for part in again] == [(0, 0), (0, 0)]


def test_rows_that_were_written_anew_make_the_same_documents(
    marts: duckdb.DuckDBPyConnection, published: SqlStore
) -> None:
    for mart in MARTS:
        marts.execute(f"update {mart} set {STAMP} = {STAMP} + interval 1 day")
    again = [publish(marts, published, kind) for kind in KINDS]
    assert [(part.written, part.removed) for part in again] == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    "change",
    [
        "update dim_tracks set image_url = 'https://img.example/new' where track_id = 'sample-track-aespa-01'",
        "update dim_artists set genres = ['polka'] where artist_id = 'sample-artist-aespa'",
        "update track_similarity set score = 0.5 where track_id = 'sample-track-iu-01' and rank = 10",
    ],
    ids=["a song's picture", "an artist's genres", "a score"],
)
def test_just_the_documents_whose_content_changed_get_another_version(
    built: Graph, marts: duckdb.DuckDBPyConnection, published: SqlStore, change: str
) -> None:
    before, old = documents(published), versions(published)
    marts.execute(change)
    written = sum(publish(marts, published, kind).written for kind in KINDS)
    after, new = documents(published), versions(published)
    changed = {key for key in after if after[key] != before[key]}
    assert 0 < len(changed) < len(before) / 4
    assert {key for key in new if new[key] != old[key]} == changed
    assert written == len(changed)
    with marts_of(built) as unchanged:
        assert sum(publish(unchanged, published, kind).written for kind in KINDS) == len(changed)
    assert versions(published) == old, "the same content has the same version, whenever it was made"


def test_names_are_published_anew_once_they_are_filed_otherwise(
    marts: duckdb.DuckDBPyConnection, published: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "names.py").write_text("# another rule")
    with monkeypatch.context() as otherwise:
        otherwise.setattr(names, "__file__", str(tmp_path / "names.py"))
        otherwise.setattr(names, "keys_of_names", lambda *_, **__: ["filedotherwise"])
        anew = [publish(marts, published, kind) for kind in KINDS]
        assert [done.written for done in anew] == [done.total for done in anew]
        assert published.answers.find("filedotherwise")
    assert [publish(marts, published, kind).written for kind in KINDS] == [done.total for done in anew]
    assert not published.answers.find("filedotherwise")


def test_a_version_tells_whatever_a_document_says(marts: duckdb.DuckDBPyConnection) -> None:
    """Versions are made without the document: each column of each mart, in one row or in all, changes both or neither."""
    keep_few(marts)
    other = {"VARCHAR": "{0} || 'x'", "BOOLEAN": "not {0}", "VARCHAR[]": "list_append({0}, 'x')"}
    changed = Counter[bool]()
    before = {kind: told(marts, kind) for kind in KINDS}
    for mart in (*MARTS, *NO_MOODS):
        columns = marts.sql(
            f"select column_name, data_type from duckdb_columns() where table_name = '{mart}'"
        )
        for column, kind in columns.fetchall():
            of_time = "{0} + interval 1 day" if kind.startswith(("DATE", "TIME")) else "{0} + 1"
            value = other.get(kind, of_time).format(column)
            for rows in (f"rowid = (select min(rowid) + 7 from {mart} where {column} is not null)", "true"):
                marts.execute(f"begin; update {mart} set {column} = {value} where {rows}")
                for one in KINDS:
                    after = told(marts, one)
                    another = {i for i in before[one] if before[one][i][1:] != after.get(i, (None,))[1:]}
                    newer = {i for i in before[one] if before[one][i][0] != after.get(i, (None,))[0]}
                    # A rank is told by its number, which is not in the document.
                    assert newer >= another if column == "rank" else newer == another, (mart, column, rows)
                    changed[bool(another)] += 1
                marts.execute("rollback")
    assert changed[True] > 40 < changed[False]


def keep_few(marts: duckdb.DuckDBPyConnection) -> None:
    """Leave a dozen artists with their songs, and put all of them in one mood."""
    marts.execute(
        "delete from dim_artists where artist_id not in (select artist_id from dim_artists order by 1 limit 12);"
        " delete from dim_tracks where artist_id not in (select artist_id from dim_artists);"
        " create table artist_moods as select artist_id, 'calm' as mood, true as is_main from dim_artists;"
        " create table song_moods as select track_id, 'calm' as mood from dim_tracks"
    )
    for mart in ("artist_similarity", "artist_top_tracks", "dim_artist_aliases"):
        marts.execute(f"delete from {mart} where artist_id not in (select artist_id from dim_artists)")
    marts.execute("delete from track_similarity where track_id not in (select track_id from dim_tracks)")


def told(marts: duckdb.DuckDBPyConnection, kind: Kind) -> dict[str, tuple[object, ...]]:
    """Version, and what it stands for, of every document of a kind."""
    marts.execute(
        f"create or replace temp view asked_documents as select {kind}_id as target_id from dim_{kind}s"
    )
    rows = documents_of(marts, kind, "target_id, version, body, names, popularity").fetchall()
    return {target: tuple(rest) for target, *rest in rows}


def test_an_alias_alone_makes_a_new_version_and_leads_to_the_artist(
    built: Graph, marts: duckdb.DuckDBPyConnection, published: SqlStore
) -> None:
    marts.execute(
        "insert into dim_artist_aliases (artist_id, alias) values ('sample-artist-aespa', 'Black Mamba Girls')"
    )
    assert publish(marts, published, "artist").written == 1
    assert [m.target_id for m in published.answers.find(name_key("black mamba girls"))] == [
        "sample-artist-aespa"
    ]
    with marts_of(built) as unchanged:
        publish(unchanged, published, "artist")
    assert published.answers.find(name_key("black mamba girls")) == []


def test_a_song_goes_by_its_title_without_what_stands_behind_it_and_in_its_other_script(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    titles = {
        "Ida Mor": [
            "Lost Road - Remastered 2011",
            "Lost Road (Live)",
            "Quarry",
            "Quarry [Demo]",
            "(Hey) You (Mono)",
        ],
        "Noor": ["Lost Road (feat. Ida Mor)", "좋은 밤 (Good Night)", "X - Remix"],
        "Sora": [
            "Butterfly (나비)",
            "바람 (Wind)",
            "바람 (Korean Ver.)",
            "강 (Inst.)",
            "Rain (비) - Live",
            "Live On (Mono)",
        ],
    }
    songs = [
        (f"song-{artist}-{place}", title, artist, 90 - place)
        for artist, of_artist in titles.items()
        for place, title in enumerate(of_artist)
    ]
    for mart, nothing in NO_MOODS.items():
        marts.register(mart, nothing)
    marts.execute("delete from dim_tracks")
    marts.executemany(
        "insert into dim_tracks (track_id, name, artist_ids, artist_names, popularity)"
        " values ($1, $2, [$3], [$3], $4)",
        songs,
    )
    names = {track: names for track, (_, _, names, _) in told(marts, "track").items()}
    assert {title: sorted(set(names[track]) - {title}) for track, title, _, _ in songs} == {
        "Lost Road - Remastered 2011": ["Lost Road"],
        "Lost Road (Live)": [],  # one of the artist's is better known
        "Quarry": [],
        "Quarry [Demo]": [],  # one is called nothing else
        "(Hey) You (Mono)": ["(Hey) You"],
        "Lost Road (feat. Ida Mor)": ["Lost Road"],
        "좋은 밤 (Good Night)": ["Good Night", "좋은 밤"],
        "X - Remix": [],  # too short to tell anything
        "Butterfly (나비)": ["Butterfly", "나비"],
        "바람 (Wind)": ["Wind", "바람"],
        "바람 (Korean Ver.)": [],
        "강 (Inst.)": [],
        "Rain (비) - Live": ["Rain"],
        "Live On (Mono)": ["Live On"],
    }


def test_what_left_the_marts_leaves_with_all_its_names(
    built: Graph, marts: duckdb.DuckDBPyConnection, published: SqlStore
) -> None:
    names = [name_key(name) for name in ("aespa", "에스파")]
    assert all(published.answers.find(name) for name in names)
    marts.execute("delete from dim_artists where artist_id = 'sample-artist-aespa'")
    part = publish(marts, published, "artist")
    assert part.removed == 1
    assert published.answers.artist("sample-artist-aespa") is None
    assert not any(match.kind == "artist" for name in names for match in published.answers.find(name))
    listed = {s.artist.artist_id for d in documents(published).values() if isinstance(d, ArtistDocument) for s in d.similar}  # fmt: skip
    assert "sample-artist-aespa" not in listed
    with marts_of(built) as unchanged:
        publish(unchanged, published, "artist")
    assert all(published.answers.find(name) for name in names)


def cards_of(document: ArtistDocument | TrackDocument) -> list[ArtistCard | TrackCard]:
    if isinstance(document, TrackDocument):
        return [document.track, *(s.track for s in document.similar)]
    songs = [*document.top_tracks, *(t for s in document.similar for t in s.tracks)]
    return [document.artist, *(s.artist for s in document.similar), *songs]


def test_every_document_made_in_sql_is_what_the_bot_reads(
    marts: duckdb.DuckDBPyConnection, published: SqlStore
) -> None:
    """Dataclasses take whatever they are given; here every field is looked at, of every artist and song."""
    found = documents(published)
    expected = {("artist", i) for (i,) in marts.sql("select artist_id from dim_artists").fetchall()} | {
        ("track", i) for (i,) in marts.sql("select track_id from dim_tracks").fetchall()
    }
    assert set(found) == expected
    for document in found.values():
        assert document
        for card in cards_of(document):
            assert isinstance(card.name, str) and card.name
            assert card.image_url is None or isinstance(card.image_url, str)
            texts = card.genres if isinstance(card, ArtistCard) else card.artists
            assert all(isinstance(text, str) and text for text in texts)
        for entry in document.similar:
            assert 0 <= entry.score <= 1
            assert set(entry.likeness.close_features) <= set(SIMILARITY_FEATURES)
            assert all(isinstance(genre, str) for genre in entry.likeness.shared_genres)
        scores = [entry.score for entry in document.similar]
        assert scores == sorted(scores, reverse=True)
        assert isinstance(document.model_version, str) == bool(document.similar)


def test_documents_say_what_the_marts_say(marts: duckdb.DuckDBPyConnection, published: SqlStore) -> None:
    artists = {i: published.answers.artist(i) for i in published.answers.versions("artist")}
    listed = [(i, rank, s.artist.artist_id, s.score) for i, d in artists.items() if d for rank, s in enumerate(d.similar, 1)]  # fmt: skip
    assert (
        sorted(listed)
        == marts.sql(
            "select artist_id, rank, related_id, score from artist_similarity order by all"
        ).fetchall()
    )
    top = [(i, rank, t.track_id, t.name) for i, d in artists.items() if d for rank, t in enumerate(d.top_tracks, 1)]  # fmt: skip
    assert (
        sorted(top)
        == marts.sql("select artist_id, rank, track_id, name from artist_top_tracks order by all").fetchall()
    )
    counts = Counter(len(d.similar) for d in artists.values() if d)
    assert set(counts) <= {0, 20}, "an artist without features is answered for, with nobody similar"


def test_similar_songs_come_with_who_plays_them_and_what_their_artists_share(
    marts: duckdb.DuckDBPyConnection, published: SqlStore
) -> None:
    genres = dict(marts.sql("select artist_id, genres from dim_artists").fetchall())
    credits = dict(marts.sql("select track_id, artist_ids from dim_tracks").fetchall())
    shared = 0
    for track in published.answers.versions("track"):
        document = published.answers.track(track)
        assert document
        for entry in document.similar:
            assert entry.track.artist_ids == credits[entry.track.track_id]
            mine, theirs = document.artist_ids[0], entry.track.artist_ids[0]
            both = set() if mine == theirs else set(genres[mine]) & set(genres[theirs])
            assert entry.likeness.shared_genres == sorted(both)
            shared += bool(both)
    assert shared > 100
