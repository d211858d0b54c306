"""Where a newcomer stands follows from the published model alone, in whole numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spotify_assets.core.similarity import (
    Alike,
    Model,
    Newcomer,
    Point,
    alike,
    mean_year,
    nearest_cells,
    place,
    score,
    weighed,
    words_of,
)

MODEL = Model(
    version="m1",
    features=("energy", "tempo"),
    breakpoints={"energy": [0.0, 0.25, 0.5, 0.75, 1.0], "tempo": [80.0, 100.0, 100.0, 100.0, 180.0]},
    genre_length=374,
    sound_scale=141,
    complete=220_000,
    related=120_000,
    first_year=1990,
    eras=[[200, 0], [141, 141], [0, 200]],
    popularities=[[200 - number, number] for number in range(101)],
    cells=[[374, 0, 0, 0, 0, 0, 0, 0, 374**2], [0, 374, 0, 0, 0, 0, 0, 0, 374**2]],
    genre_dimensions=2,
)
TERMS = {"k-pop": [1000, 0], "techno": [0, 1000]}
WORDS = {"pop": [500, 0], "minimal": [0, 300]}


def at(**known: object) -> Point | None:
    told = {"terms": {}, "sounds": [], **known}
    return place(Newcomer(**told), MODEL, TERMS, WORDS)


def test_blocks_stand_side_by_side_and_what_is_unknown_is_zeros() -> None:
    point = at(terms={"k-pop": 100}, year=1991, popularity=40)
    assert point == Point([374, 0, 141, 141, 160, 40, 0, 0], 220_000)


def test_terms_are_summed_by_weight_at_one_length() -> None:
    point = at(terms={"k-pop": 100, "techno": 100})
    assert point and list(point.vector[:2]) == [264, 264]


def test_a_term_the_model_has_not_met_stands_where_its_words_do() -> None:
    point = at(terms={"minimal/pop": 100})
    assert point and list(point.vector[:2]) == [321, 192]
    assert words_of("minimal/k-pop & b") == ["minimal", "k", "pop", "b"]


def test_a_sound_is_the_mean_of_the_tracks_that_are_known_whole() -> None:
    sounds = [
        {"energy": 0.5, "tempo": 100.0},
        {"energy": 0.875, "tempo": 140.0},
        {"energy": 1.0, "tempo": None},
    ]
    point = at(sounds=sounds)
    # Energy: .5 and .875; tempo: the middle of what three breakpoints share, and half-way up the last quarter.
    assert point and list(point.vector[-2:]) == [26, 26]
    assert point.span == 220_000 + 2 * 26**2


@pytest.mark.parametrize(("value", "coordinate"), [(-1.0, -71), (0.0, -71), (1.0, 71), (9.0, 71), (0.6, 14)])
def test_a_value_beyond_all_tracks_is_at_their_end(value: float, coordinate: int) -> None:
    point = at(sounds=[{"energy": value, "tempo": 100.0}])
    assert point and point.vector[-2] == coordinate


def test_years_beyond_the_table_count_as_the_nearest() -> None:
    assert at(terms={"techno": 1}, year=1950) == at(terms={"techno": 1}, year=1990)
    assert at(terms={"techno": 1}, year=2050) == at(terms={"techno": 1}, year=1992)


def test_who_has_neither_term_nor_sound_stands_nowhere() -> None:
    assert at(year=1991, popularity=40) is None
    assert at(terms={"zydeco": 100}) is None


def test_the_score_is_one_for_the_same_point_and_falls_with_the_distance() -> None:
    kpop, techno = at(terms={"k-pop": 1}, year=1990, popularity=0), at(terms={"techno": 1}, year=1990)
    assert kpop and techno
    assert score(kpop, kpop) == pytest.approx(1, abs=1e-3)
    assert score(kpop, techno) < 0.7
    assert score(kpop, techno, bonus=120_000) == pytest.approx(score(kpop, techno) + 0.12)
    assert score(kpop, kpop, bonus=10**9) == 1


def test_the_nearest_cells_come_first() -> None:
    techno = at(terms={"techno": 1})
    assert techno
    assert nearest_cells(techno, MODEL) == [2, 1]
    assert nearest_cells(techno, MODEL, 1) == [2]


def test_two_are_alike_in_what_is_near() -> None:
    kpop = at(terms={"k-pop": 1}, year=1990, sounds=[{"energy": 0.6, "tempo": 100.0}])
    pop = at(terms={"pop": 1}, year=1990, sounds=[{"energy": 0.65, "tempo": 180.0}])
    techno = at(terms={"techno": 1}, year=1992)
    assert kpop and pop and techno
    assert alike(kpop, pop, MODEL) == Alike(["energy", "tempo"], near_scene=True, same_era=True)
    assert alike(kpop, techno, MODEL) == Alike([], near_scene=False, same_era=False)


def test_who_sounds_apart_is_close_in_nothing() -> None:
    model = replace(MODEL, sound_scale=500)
    loud, quiet = (
        place(Newcomer({}, [{"energy": energy, "tempo": 100.0}]), model, {}, {}) for energy in (1.0, 0.0)
    )
    assert loud and quiet
    assert alike(loud, quiet, model).close_features == []


def test_terms_are_genres_and_the_heaviest_tags() -> None:
    tags = [(f"tag {n}", n / 10) for n in range(1, 11)]
    terms = weighed(["K-Pop ", ""], [*tags, ("k-pop", 0.2), ("nothing", 0.0), ("unweighed", None)])
    assert terms["k-pop"] == 100
    assert terms["tag 10"] == 100
    assert terms["unweighed"] == 50
    assert len(terms) == 1 + 8
    assert "nothing" not in terms


def test_the_mean_year_is_rounded_and_may_be_unknown() -> None:
    assert mean_year(["2020-01-02", "2021", None]) == 2021
    assert mean_year([None]) is None


def test_a_model_is_read_as_it_was_written() -> None:
    assert Model.from_text(MODEL.to_text()) == MODEL
