"""ListenBrainz as a source, over HTTP."""

import pytest

from spotify_assets.core.catalog import Subject
from spotify_assets.core.catalog.listenbrainz import ListenBrainzSource
from tests.core.catalog.conftest import Reach
from tests.core.catalog.open_sources import UNKNOWN_MBID, answering, fetched, subject
from tests.doubles import ListenBrainzDouble, OutsideWorld, World


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
