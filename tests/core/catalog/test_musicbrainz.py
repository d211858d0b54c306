"""MusicBrainz as a source, over HTTP, at one call a second."""

import multiprocessing
import time

import pytest

from spotify_assets.core.catalog import Parked, Subject
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.musicbrainz import MusicBrainzSource
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store.sql import SqlStore
from tests.core.catalog.conftest import BRISK, Reach
from tests.core.catalog.open_sources import UNKNOWN_MBID, answering, fetched, rows, subject
from tests.doubles import OutsideWorld, World
from tests.doubles.faults import Fault


def test_spotify_ids_are_mapped_a_hundred_at_a_time(
    outside_world: OutsideWorld, musicbrainz: MusicBrainzSource, world: World
) -> None:
    artists = list(world.artists.values())[:130]
    answers = fetched(musicbrainz, "artist_ids", *[Subject(a.id, a.name) for a in artists])
    assert outside_world.musicbrainz.count("url") == 2
    assert sorted(id for answer in answers for id in answer.subjects) == sorted(a.id for a in artists)
    found = {row.artist_id: row.external_id for row in rows(answers, "artist_ids")}
    assert found == {a.id: a.mbid for a in artists if a.in_musicbrainz}
    assert len(found) < 130
    assert {row.kind for row in rows(answers, "artist_ids")} == {"mbid"}


def test_a_page_that_is_filed_under_two_artists_has_both_ids_unless_a_name_decides(
    musicbrainz: MusicBrainzSource, world: World
) -> None:
    shared = next(
        a for a in world.artists.values()
        if a.in_musicbrainz and not sum(a.id.encode()) % 25 and world.related(a.id)
    )  # fmt: skip
    nameless = rows(fetched(musicbrainz, "artist_ids", Subject(shared.id)), "artist_ids")
    named = rows(fetched(musicbrainz, "artist_ids", Subject(shared.id, shared.name.upper())), "artist_ids")
    assert [len(nameless), [row.external_id for row in named]] == [2, [shared.mbid]]


def test_a_single_artist_whom_musicbrainz_does_not_know_has_an_empty_list(
    musicbrainz: MusicBrainzSource, world: World
) -> None:
    unknown = next(artist for artist in world.artists.values() if not artist.in_musicbrainz)
    [answer] = fetched(musicbrainz, "artist_ids", Subject(unknown.id))
    assert (answer.subjects, answer.records["artist_ids"]) == ((unknown.id,), [])


@pytest.mark.parametrize("topic", ["artist_aliases", "artist_tags"])
def test_aliases_and_tags_come_in_one_call(
    outside_world: OutsideWorld, musicbrainz: MusicBrainzSource, world: World, topic
) -> None:
    aespa = subject(world, "aespa")
    [answer] = fetched(musicbrainz, topic, aespa, Subject("without mbid"))
    assert outside_world.musicbrainz.count() == 1
    aliases = {(row.alias, row.locale, row.kind) for row in answer.records["artist_aliases"]}
    assert aliases >= {("aespa", None, "name"), ("에스파", "ko", "artist name")}
    tags = {row.tag: row.weight for row in answer.records["artist_tags"]}
    assert max(tags.values()) == 1.0
    assert "seen live" not in tags  # voted down
    assert tags["korean"] < 1
    assert {row.artist_id for row in answer.records["artist_tags"]} == {aespa.id}


def test_an_mbid_that_is_gone_has_empty_lists_and_one_that_was_merged_has_the_others(
    musicbrainz: MusicBrainzSource, world: World
) -> None:
    old, new = next((old, new) for old, new in world.redirects.items() if new in world.by_mbid)
    gone, merged = fetched(
        musicbrainz, "artist_tags", Subject("a", None, UNKNOWN_MBID), Subject("b", None, old)
    )
    assert gone.records == {"artist_aliases": (), "artist_tags": ()}
    assert world.by_mbid[new].name in {row.alias for row in merged.records["artist_aliases"]}
    assert merged.subjects == ("b",)


def test_tags_and_aliases_that_are_malformed_are_rejected_and_the_rest_is_kept(
    outside_world: OutsideWorld, musicbrainz: MusicBrainzSource
) -> None:
    body = {
        "name": "X",
        "tags": [{"name": "Rock", "count": 4}, {"name": "rock", "count": 2}, {"name": "", "count": 1}],
        "genres": [
            {"name": "rock", "count": 8},
            {"name": "pop", "count": "many"},
            {"name": "ska", "count": 2},
        ],
        "aliases": [
            {"name": "엑스", "locale": None},
            {"name": "엑스", "locale": "ko", "type": "Artist name"},
            {"name": None},
        ],
    }
    outside_world.musicbrainz.faults.add(answering(body))
    [answer] = fetched(musicbrainz, "artist_tags", Subject("a", None, UNKNOWN_MBID))
    assert [(row.tag, row.weight) for row in answer.records["artist_tags"]] == [("rock", 1.0), ("ska", 0.25)]
    assert [(row.alias, row.locale) for row in answer.records["artist_aliases"]] == [
        ("X", None),
        ("엑스", "ko"),
    ]
    assert sorted((one.table, one.reason) for one in answer.rejected) == [
        ("artist_aliases", "alias is missing"),
        ("artist_tags", "count is a text, not a number"),
        ("artist_tags", "tag is missing"),
    ]


@pytest.mark.parametrize("query", ["에스파", "AESPA", "aespa"])
def test_artists_are_found_by_any_exact_name(
    musicbrainz: MusicBrainzSource, world: World, query: str
) -> None:
    [match] = musicbrainz.find_artists(query)
    assert (match.artist.artist_id, match.artist.name, match.exact) == (
        world.named("aespa").id,
        "aespa",
        True,
    )


@pytest.mark.parametrize("query", ["aesp", "", '"', 'x" OR artist:*', "\\", "!!!"])
def test_a_name_that_nobody_has_finds_nobody(musicbrainz: MusicBrainzSource, query: str) -> None:
    assert musicbrainz.find_artists(query) == []


def test_musicbrainz_is_told_who_calls_and_how_to_reach_them(
    outside_world: OutsideWorld, musicbrainz: MusicBrainzSource, world: World
) -> None:
    fetched(musicbrainz, "artist_tags", subject(world, "ABBA"))
    [agent] = {call.headers["user-agent"] for call in outside_world.musicbrainz.calls}
    assert agent.startswith("spotify-assets/")
    assert "https://" in agent


def test_a_caller_whom_musicbrainz_does_not_accept_is_parked_with_its_words(
    outside_world: OutsideWorld, musicbrainz: MusicBrainzSource, world: World
) -> None:
    refusal = Fault(
        "403", lambda service, genuine: service.refusal(403, "Please set a meaningful User-Agent")
    )
    outside_world.musicbrainz.faults.add(refusal)
    with pytest.raises(Parked, match="403: Please set a meaningful User-Agent"):
        fetched(musicbrainz, "artist_tags", subject(world, "ABBA"))


def take_tags(store_url: str, settings: dict, subjects: list[Subject]) -> tuple[int, float]:
    """Ask for the tags of artists; return how many answers there were, and when the first was about to be asked."""
    store = SqlStore(store_url)
    source = MusicBrainzSource(Access(load_settings(**settings), store.sources, patience=BRISK))
    began = time.monotonic()
    return len(list(source.fetch("artist_tags", subjects))), began


def test_processes_together_make_one_call_a_second(world: World, tmp_path) -> None:
    artists = [Subject(a.id, a.name, a.mbid) for a in list(world.artists.values())[:6]]
    store_url = f"sqlite:///{tmp_path / 'shared.db'}"
    with OutsideWorld(world) as outside:
        settings = {"catalog_source": "spotify", "musicbrainz_interval": 0.7, **outside.settings}
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            runs = [(store_url, settings, artists[:3]), (store_url, settings, artists[3:])]
            (one, began), (other, began_too) = pool.starmap(take_tags, runs)
        assert (one, other) == (3, 3)
        assert [call.status for call in outside.musicbrainz.calls] == [200] * 6
        # Each has a turn of its own and comes no sooner, though on a busy machine later.
        came = [call.at - min(began, began_too) for call in outside.musicbrainz.calls]
        assert [after > 0.7 * turn - 0.05 for turn, after in enumerate(sorted(came))] == [True] * 6, came


def test_a_queue_longer_than_the_callers_patience_is_not_joined(
    outside_world: OutsideWorld, reach: Reach, world: World, store: SqlStore
) -> None:
    source = MusicBrainzSource(reach(outside_world, musicbrainz_interval=60))
    fetched(source, "artist_tags", subject(world, "ABBA"))
    began = time.monotonic()
    with pytest.raises(Parked, match="others wait for its one call in 60 s"):
        fetched(source, "artist_tags", subject(world, "Queen"))
    assert time.monotonic() - began < 20
    assert outside_world.musicbrainz.count() == 1
