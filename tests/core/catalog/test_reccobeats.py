"""ReccoBeats as a source, over HTTP."""

import pytest

from spotify_assets.core.catalog import Subject
from spotify_assets.core.catalog.reccobeats import ReccoBeatsSource
from spotify_assets.core.errors import CatalogError
from tests.core.catalog.open_sources import answering, fetched, rows
from tests.doubles import OutsideWorld, World


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
