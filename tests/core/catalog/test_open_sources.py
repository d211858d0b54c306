"""ReccoBeats, ListenBrainz and MusicBrainz as sources, over HTTP."""

import contextlib
import json
import multiprocessing
import random
import time
from itertools import pairwise

import pytest

from spotify_assets.core.catalog import Fetched, LiveSource, NotOffered, Parked, Subject
from spotify_assets.core.catalog.access import Access
from spotify_assets.core.catalog.listenbrainz import ListenBrainzSource
from spotify_assets.core.catalog.musicbrainz import MusicBrainzSource
from spotify_assets.core.catalog.reccobeats import ReccoBeatsSource
from spotify_assets.core.errors import CatalogError
from spotify_assets.core.settings import load_settings
from spotify_assets.core.store.sql import SqlStore
from tests.core.catalog.conftest import BRISK, Reach
from tests.doubles import ListenBrainzDouble, OutsideWorld, World
from tests.doubles.exchange import Response
from tests.doubles.faults import Fault, bad_gateway, connection_reset, too_many_requests, truncated_json

UNKNOWN_MBID = "00000000-0000-4000-8000-000000000000"


def fetched(source: LiveSource, topic, *subjects: Subject) -> list[Fetched]:
    return list(source.fetch(topic, subjects))


def rows(answers: list[Fetched], table: str) -> list:
    return [row for answer in answers for row in answer.records.get(table, ())]


def answering(body: object) -> Fault:
    """Let the double answer with this, as it stands."""
    told = Response(200, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return Fault("as told", lambda service, genuine: told)


def subject(world: World, name: str) -> Subject:
    artist = world.named(name)
    return Subject(artist.id, artist.name, artist.mbid)


@pytest.fixture
def reccobeats(outside_world: OutsideWorld, reach: Reach) -> ReccoBeatsSource:
    return ReccoBeatsSource(reach(outside_world))


@pytest.fixture
def musicbrainz(outside_world: OutsideWorld, reach: Reach) -> MusicBrainzSource:
    return MusicBrainzSource(reach(outside_world))


@pytest.fixture
def listenbrainz(outside_world: OutsideWorld, reach: Reach) -> ListenBrainzSource:
    return ListenBrainzSource(reach(outside_world))


# ReccoBeats


def test_features_are_joined_by_href_and_what_is_left_out_is_unknown(
    outside_world: OutsideWorld, reccobeats: ReccoBeatsSource, world: World
) -> None:
    ids = list(world.tracks)[:100]
    answers = fetched(reccobeats, "audio_features", *[Subject(id) for id in [*ids, ids[0]]])
    assert outside_world.reccobeats.count() == 3  # forty at a time, each once
    assert sorted(id for answer in answers for id in answer.subjects) == sorted(ids)
    known = {id for id in ids if outside_world.reccobeats.knows(world.tracks[id])}
    found = {row.track_id: row for row in rows(answers, "audio_features")}
    assert found.keys() == known
    assert 0 < len(known) < 100
    for id in known:
        assert found[id].tempo == world.tracks[id].features["tempo"]
        assert (found[id].duration_ms, found[id].time_signature) == (None, None)


def test_features_of_tracks_nobody_asked_about_are_left_alone(
    outside_world: OutsideWorld, reccobeats: ReccoBeatsSource
) -> None:
    items = [{"href": f"https://open.spotify.com/track/{id}", "tempo": 120} for id in ("mine", "other")]
    twice = {"href": "https://open.spotify.com/track/mine?si=x", "tempo": 60}
    outside_world.reccobeats.faults.add(answering({"content": [*items, twice, {"tempo": 1}]}))
    [answer] = fetched(reccobeats, "audio_features", Subject("mine"))
    assert [(row.track_id, row.tempo) for row in answer.records["audio_features"]] == [("mine", 120.0)]


def test_features_that_are_malformed_are_rejected_and_not_unknown(
    outside_world: OutsideWorld, reccobeats: ReccoBeatsSource
) -> None:
    items = [
        {"href": f"https://open.spotify.com/track/{id}", "energy": energy}
        for id, energy in [("a", 2), ("b", 1)]
    ]
    outside_world.reccobeats.faults.add(answering({"content": items}))
    [answer] = fetched(reccobeats, "audio_features", Subject("a"), Subject("b"), Subject("c"))
    assert answer.subjects == ("b", "c")
    assert [one.reason for one in answer.rejected] == ["energy is out of range"]


@pytest.mark.parametrize("body", [{}, [], {"content": None}, {"content": {"a": 1}}, {"content": [3]}])
def test_an_answer_of_another_shape_is_an_error(
    outside_world: OutsideWorld, reccobeats: ReccoBeatsSource, body
) -> None:
    outside_world.reccobeats.faults.add(answering(body))
    with pytest.raises(CatalogError, match="ReccoBeats' answer cannot be read"):
        fetched(reccobeats, "audio_features", Subject("a"))


# ListenBrainz


@pytest.mark.parametrize("shape", ["bare", "data", "sections"])
def test_related_artists_are_ranked_and_scored_whatever_the_answers_shape(
    outside_world: OutsideWorld, reach: Reach, world: World, shape
) -> None:
    queen = subject(world, "Queen")
    with ListenBrainzDouble(world, shape=shape) as double:
        [answer] = fetched(
            ListenBrainzSource(reach(outside_world, listenbrainz_url=double.url)), "related_artists", queen
        )
    related = answer.records["related_artists"]
    told = dict(world.related(queen.id))
    assert {row.related_external_id for row in related} == told.keys()
    assert [row.rank for row in related] == list(range(1, len(told) + 1))
    assert [row.score for row in related] == sorted((row.score for row in related), reverse=True)
    best = max(told.values())
    assert all(row.score == pytest.approx(told[row.related_external_id] / best) for row in related)
    assert {row.related_id for row in related} == {None}
    assert answer.rejected == []


def test_an_artist_without_listeners_has_an_empty_list_and_one_without_mbid_is_not_asked_about(
    outside_world: OutsideWorld, listenbrainz: ListenBrainzSource
) -> None:
    answers = fetched(listenbrainz, "related_artists", Subject("a", None, UNKNOWN_MBID), Subject("b", "B"))
    assert [(answer.subjects, answer.records) for answer in answers] == [(("a",), {"related_artists": []})]
    assert outside_world.listenbrainz.count() == 1


def test_related_rows_that_are_malformed_are_rejected(
    outside_world: OutsideWorld, listenbrainz: ListenBrainzSource
) -> None:
    bodies = [
        {"artist_mbid": "m", "score": 4},
        {"artist_mbid": "n", "score": "x"},
        {"score": 1},
        {"artist_mbid": "o"},
    ]
    outside_world.listenbrainz.faults.add(answering([*bodies, {"artist_mbid": "m", "score": 2}]))
    [answer] = fetched(listenbrainz, "related_artists", Subject("a", None, UNKNOWN_MBID))
    assert [(r.related_external_id, r.rank, r.score) for r in answer.records["related_artists"]] == [
        ("m", 1, 1.0)
    ]
    assert sorted(one.reason for one in answer.rejected) == [
        "artist_mbid is missing",
        "score is a text, not a number",
        "score is missing, not a number",
    ]


# MusicBrainz


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


# One call a second


def take_tags(store_url: str, settings: dict, subjects: list[Subject]) -> int:
    store = SqlStore(store_url)
    source = MusicBrainzSource(Access(load_settings(**settings), store.sources, patience=BRISK))
    return len(list(source.fetch("artist_tags", subjects)))


def test_processes_together_make_one_call_a_second(world: World, tmp_path) -> None:
    artists = [Subject(a.id, a.name, a.mbid) for a in list(world.artists.values())[:6]]
    store_url = f"sqlite:///{tmp_path / 'shared.db'}"
    with OutsideWorld(world, musicbrainz_rate=2) as outside:
        settings = {"catalog_source": "spotify", "musicbrainz_interval": 0.7, **outside.settings}
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            runs = [(store_url, settings, artists[:3]), (store_url, settings, artists[3:])]
            assert pool.starmap(take_tags, runs) == [3, 3]
        assert [call.status for call in outside.musicbrainz.calls] == [200] * 6
        times = sorted(call.at for call in outside.musicbrainz.calls)
        assert min(b - a for a, b in pairwise(times)) > 0.5


def test_a_queue_longer_than_the_callers_patience_is_not_joined(
    outside_world: OutsideWorld, reach: Reach, world: World, store: SqlStore
) -> None:
    source = MusicBrainzSource(reach(outside_world, musicbrainz_interval=60))
    fetched(source, "artist_tags", subject(world, "ABBA"))
    began = time.monotonic()
    with pytest.raises(Parked, match="others wait for its one call in 60 s"):
        fetched(source, "artist_tags", subject(world, "Queen"))
    assert time.monotonic() - began < 1
    assert outside_world.musicbrainz.count() == 1


# All of them


@pytest.mark.parametrize("name", ["reccobeats", "listenbrainz", "musicbrainz"])
def test_faults_are_met_alike(
    name: str,
    outside_world: OutsideWorld,
    reccobeats: ReccoBeatsSource,
    listenbrainz: ListenBrainzSource,
    musicbrainz: MusicBrainzSource,
    world: World,
) -> None:
    source = {"reccobeats": reccobeats, "listenbrainz": listenbrainz, "musicbrainz": musicbrainz}[name]
    double, topic = outside_world.doubles[name], min(source.topics)
    queen = subject(world, "Queen")
    for fault in (
        bad_gateway(),
        bad_gateway(503),
        connection_reset(),
        truncated_json(),
        too_many_requests(1),
    ):
        double.faults.add(fault, nth=1)
        assert len(fetched(source, topic, queen)) == 1
        double.faults.clear()
    with double.faults.during(bad_gateway()), pytest.raises(CatalogError, match=f"{name} could not be asked"):
        fetched(source, topic, queen)
    with (
        double.faults.during(too_many_requests(3600)),
        pytest.raises(Parked, match=f"{name} is parked until"),
    ):
        fetched(source, topic, queen)
    double.forget_calls()
    with pytest.raises(Parked, match="Retry-After 3600 s"):
        fetched(source, topic, queen)
    assert double.count() == 0
    with pytest.raises(NotOffered):
        fetched(source, "tracks", queen)


NAMES = ("content", "href", "tempo", "artist_mbid", "score", "name", "data", "urls", "resource", "relations",
         "artist", "id", "aliases", "tags", "genres", "count", "artists", "url", "https://open.spotify.com/track/a")  # fmt: skip


def nonsense(dice: random.Random, depth: int = 0) -> object:
    """JSON that uses the words of the real answers in all the wrong places."""
    if depth > 3 or dice.random() < 0.3:
        return dice.choice([None, True, 0, -3, 10**400, 0.5, "", "x", "\ud83d", [], {}, *NAMES])
    if dice.random() < 0.4:
        return [nonsense(dice, depth + 1) for _ in range(dice.randrange(4))]
    return {name: nonsense(dice, depth + 1) for name in dice.sample(NAMES, 6)}


@pytest.mark.parametrize("seed", range(3))
def test_nonsense_is_an_error_or_rejected_and_never_a_crash(
    seed: int,
    outside_world: OutsideWorld,
    reccobeats: ReccoBeatsSource,
    listenbrainz: ListenBrainzSource,
    musicbrainz: MusicBrainzSource,
) -> None:
    dice = random.Random(seed)
    one = Subject("a", "A", UNKNOWN_MBID)
    for _ in range(60):
        body = nonsense(dice)
        if not isinstance(body, dict | list):
            continue
        for double in outside_world.doubles.values():
            double.faults.clear()
            double.faults.add(answering(body))
        for source in (reccobeats, listenbrainz, musicbrainz):
            for topic in source.topics:
                with contextlib.suppress(CatalogError):
                    for answer in fetched(source, topic, one):
                        assert all(rejected.item.encode() for rejected in answer.rejected)
        with contextlib.suppress(CatalogError):
            musicbrainz.find_artists("a")


def test_two_that_cannot_search_say_so(
    reccobeats: ReccoBeatsSource, listenbrainz: ListenBrainzSource
) -> None:
    for source in (reccobeats, listenbrainz):
        with pytest.raises(NotOffered, match="does not offer search"):
            source.find_artists("aespa")
