"""What the contract takes in, and what it says of the rest."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spotify_assets.core.errors import CatalogError
from spotify_assets.core.lake.contract import check, well_formed
from spotify_assets.core.lake.schemas import record_schema, rejected_schema
from spotify_assets.core.records import TABLES

from .examples import rows

ARTIST = {"artist_id": "a1", "name": "aespa"}


def artists(**columns: list[Any] | pa.Array) -> pa.Table:
    """A table of artists with the given columns; the others are null, ids and names are made up."""
    count = len(next(iter(columns.values())))
    made_up = {"artist_id": [f"a{i}" for i in range(count)], "name": [f"Artist {i}" for i in range(count)]}
    nulls = {name: [None] * count for name in record_schema("artists").names}
    return pa.table({**nulls, **made_up, **columns})


def reasons(table: str, found: pa.Table) -> list[str]:
    return check(table, found).bad["reason"].to_pylist()


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"artist_id": [None]}, "artist_id is missing"),
        ({"artist_id": [""]}, "artist_id is missing"),
        ({"artist_id": ["  "]}, "artist_id is missing"),
        ({"artist_id": ["x" * 101]}, "artist_id is 101 characters long, at most 100"),
        ({"artist_id": ["a b"]}, "artist_id holds a space or an unprintable character"),
        ({"artist_id": ["a\u200bb"]}, "artist_id holds a space or an unprintable character"),
        ({"artist_id": ["a\x00"]}, "artist_id holds a space or an unprintable character"),
        ({"artist_id": ["a\n"]}, "artist_id holds a space or an unprintable character"),
        ({"name": [None]}, "name is missing"),
        ({"name": ["\u3000 "]}, "name is missing"),
        ({"name": ["n" * 10_000]}, "name is 10000 characters long, at most 1000"),
        ({"name": ["a\x00b"]}, "name holds a NUL character"),
        ({"popularity": [101]}, "popularity is out of range (0 to 100)"),
        ({"popularity": [-1]}, "popularity is out of range (0 to 100)"),
        ({"popularity": ["abc"]}, "popularity is not a number"),
        ({"popularity": [70.5]}, "popularity is not a whole number"),
        ({"popularity": ["70.5"]}, "popularity is not a whole number"),
        ({"popularity": [math.nan]}, "popularity is not a number"),
        ({"popularity": [math.inf]}, "popularity is infinite"),
        ({"popularity": ["nan"]}, "popularity is not a number"),
        ({"followers": [-5]}, "followers is out of range (at least 0)"),
        ({"followers": [1e300]}, "followers is too large for bigint"),
        ({"genres": [["k-pop", None]]}, "genres has an entry that is empty"),
        ({"genres": [["k\x00pop"]]}, "genres has an entry that holds a NUL character"),
        ({"genres": [["g" * 1001]]}, "genres has an entry that is longer than 1000 characters"),
        ({"image_url": ["https://" + "i" * 2048]}, "image_url is 2056 characters long, at most 2048"),
    ],
)
def test_artist_that_breaks_the_contract_is_rejected_with_its_reason(
    columns: dict[str, list[Any]], reason: str
) -> None:
    checked = check("artists", artists(**columns))
    assert checked.bad["reason"].to_pylist() == [reason]
    assert checked.good.num_rows == 0


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"energy": math.nan}, "energy is not a number"),
        ({"energy": -math.inf}, "energy is infinite"),
        ({"energy": 1.0001}, "energy is out of range (0 to 1)"),
        ({"key": 12}, "key is out of range (-1 to 11)"),
        ({"loudness": 10.5}, "loudness is out of range (-80 to 10)"),
        ({"tempo": -1.0}, "tempo is out of range (0 to 400)"),
    ],
)
def test_audio_features_out_of_bounds_are_rejected(record: dict[str, float], reason: str) -> None:
    assert reasons("audio_features", rows("audio_features", {"track_id": "t1", **record})) == [reason]


def test_track_with_an_unknown_precision_is_rejected() -> None:
    found = rows("tracks", {"track_id": "t", "name": "n", "release_date_precision": "decade"})
    assert reasons("tracks", found) == ["release_date_precision is none of year, month, day"]


def test_all_reasons_of_a_row_are_named_in_the_order_of_its_columns() -> None:
    found = artists(name=[None], popularity=["many"], followers=[-1])
    assert reasons("artists", found) == [
        "name is missing; followers is out of range (at least 0); popularity is not a number"
    ]
    assert check("artists", found).reasons() == {
        "followers is out of range (at least 0)": 1,
        "name is missing": 1,
        "popularity is not a number": 1,
    }


def test_quotes_newlines_emoji_and_hangul_are_legal_in_names() -> None:
    names = ["'; drop table artists; --", 'The "Quoted"', "two\nlines", "🎵🎶", "에스파", "n" * 1000, "\ttab"]
    assert check("artists", artists(name=names)).good["name"].to_pylist() == names


def test_values_that_mean_the_right_type_are_cast() -> None:
    good = check("artists", artists(popularity=["71", "71.0", None, ""])).good
    assert good["popularity"].to_pylist() == [71, 71, None, None]
    assert check("artists", artists(popularity=[71.0])).good["popularity"].to_pylist() == [71]
    assert check("artists", artists(followers=["9007199254740993"])).good["followers"].to_pylist() == [
        2**53 + 1
    ]
    assert good.schema == record_schema("artists")


def test_booleans_come_as_booleans_numbers_or_words() -> None:
    for values in (pa.array([True, False, None]), pa.array([1.0, 0.0, None]), pa.array(["true", "0", ""])):
        columns = {name: pa.nulls(3) for name in record_schema("tracks").names}
        found = pa.table(
            {**columns, "track_id": ["a", "b", "c"], "name": ["x", "y", "z"], "explicit": values}
        )
        assert check("tracks", found).good["explicit"].to_pylist() == [True, False, None]
    found = found.set_column(found.schema.get_field_index("explicit"), "explicit", pa.array([2, 1, None]))
    assert reasons("tracks", found) == ["explicit is neither true nor false"]


def test_dates_and_dictionaries_are_read_as_text() -> None:
    columns = {name: pa.nulls(1) for name in record_schema("tracks").names}
    encoded = pa.array(["day"]).dictionary_encode()
    found = pa.table(
        {
            **columns,
            "track_id": pa.array(["t"], pa.large_string()),
            "name": ["x"],
            "release_date": pa.array([date(2015, 5, 18)]),
            "release_date_precision": encoded,
        }
    )
    (track,) = check("tracks", found).good.to_pylist()
    assert (track["release_date"], track["release_date_precision"]) == ("2015-05-18", "day")


def test_empty_text_is_null_where_it_may_be_missing() -> None:
    assert check("artists", artists(image_url=["", "https://i"])).good["image_url"].to_pylist() == [
        None,
        "https://i",
    ]


def test_first_good_copy_is_kept_and_later_ones_are_duplicates() -> None:
    found = artists(
        artist_id=["a", "a", "a", "b"],
        name=["first", "second", "third", "other"],
        popularity=[999, 50, 60, 1],
    )
    checked = check("artists", found)
    assert checked.good["name"].to_pylist() == ["second", "other"]
    assert checked.bad.select(["name", "reason"]).to_pylist() == [
        {"name": "first", "reason": "popularity is out of range (0 to 100)"},
        {"name": "third", "reason": "duplicate of an earlier row with the same artist_id"},
    ]


def test_one_bad_entry_leaves_the_rest_of_its_list() -> None:
    found = rows(
        "track_artists",
        {"track_id": "t1", "artist_id": "a", "position": 0},
        {"track_id": "t1", "artist_id": "", "position": 1},
        {"track_id": "t1", "artist_id": "a", "position": 2},
        {"track_id": "t1", "artist_id": "b", "position": 3},
    )
    checked = check("track_artists", found)
    assert checked.good["artist_id"].to_pylist() == ["a", "b"]
    assert checked.reasons() == {
        "artist_id is missing": 1,
        "duplicate of an earlier row with the same track_id and artist_id": 1,
    }


def test_rejected_rows_are_shown_as_they_were_found() -> None:
    found = artists(name=[None], genres=[["rock", 'the "best"']], popularity=["abc"])
    (bad,) = check("artists", found).bad.to_pylist()
    assert (bad["name"], bad["genres"], bad["popularity"]) == (None, '["rock","the \\"best\\""]', "abc")
    assert check("artists", found).bad.schema == rejected_schema("artists")


def test_missing_and_impossible_columns_are_all_named() -> None:
    found = pa.table(
        {"artist_id": [1], "name": [[1]], "popularity": [["x"]], "genres": ["rock"], "followers": [True]}
    )
    with pytest.raises(CatalogError) as error:
        check("artists", found)
    assert str(error.value).splitlines() == [
        "artists.name: expected string, found list<item: int64>",
        "artists.followers: expected bigint, found bool",
        "artists.popularity: expected integer, found list<item: string>",
        "artists.genres: expected list<string>, found string",
        "artists.image_url: expected string, found no such column "
        "(there are: artist_id, name, popularity, genres, followers)",
    ]


def test_optional_columns_may_be_absent_and_extra_ones_are_left_out() -> None:
    found = rows("tracks", {"track_id": "t", "name": "x"}).drop_columns(["isrc", "image_url"])
    good = check("tracks", found.append_column("shoe_size", pa.array([44]))).good
    assert good.schema == record_schema("tracks")
    assert good["isrc"].to_pylist() == [None]


def test_doubled_column_is_refused() -> None:
    found = rows("artists", ARTIST)
    with pytest.raises(CatalogError, match="expected one column of this name, found 2"):
        check("artists", found.append_column("name", pa.array(["again"])))


def test_text_that_is_not_utf_8_is_refused() -> None:
    broken = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff\xfe"]).buffers())
    with pytest.raises(CatalogError, match=r"artists\.name: .*must be UTF-8"):
        check("artists", artists(name=broken))


def test_empty_batch_is_whole() -> None:
    for table in TABLES:
        checked = check(table, record_schema(table).empty_table())
        assert (checked.good.num_rows, checked.bad.num_rows, checked.bad_share) == (0, 0, 0.0)
        assert checked.reasons() == {}


def test_rejected_ids_are_not_vouched_for() -> None:
    checked = check("artists", artists(artist_id=["a", "b"], popularity=[1, 101]))
    assert checked.vouched(["a", "b", "c"]).to_pylist() == ["a", "c"]


def test_well_formed_ids() -> None:
    ids = pa.array(["x", "에스파", "", "a b", "a\n", "x" * 100, "x" * 101, None])
    assert well_formed(ids).to_pylist() == [True, True, False, False, False, True, False, False]


messy_text = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.sampled_from(
        ["", " ", "a", "b", "71", "0.5", "nan", "inf", "-1", "x" * 101, "n" * 1001, "\x00", "year"]
    ),
)
messy_number = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, 0.5, 1.0, 71.0, 1e300, -0.0]))


@st.composite
def messy_batches(draw: st.DrawFn) -> tuple[str, pa.Table]:
    table = draw(st.sampled_from(sorted(TABLES)))
    count = draw(st.integers(0, 12))
    columns = {}
    for column in TABLES[table].columns:
        many = {"min_size": count, "max_size": count}
        if column.type == "list<string>":
            values = draw(st.lists(st.one_of(st.none(), st.lists(messy_text, max_size=3)), **many))
            columns[column.name] = pa.array(values, pa.list_(pa.string()))
        elif column.type == "string" or draw(st.booleans()):
            columns[column.name] = pa.array(draw(st.lists(messy_text, **many)), pa.string())
        else:
            columns[column.name] = pa.array(draw(st.lists(messy_number, **many)), pa.float64())
    return table, pa.table(columns)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(messy_batches())
def test_no_row_is_lost_and_no_good_row_breaks_the_contract(batch: tuple[str, pa.Table]) -> None:
    table, found = batch
    spec = TABLES[table]
    checked = check(table, found)

    id_column = spec.columns[0].name
    parted = Counter(checked.good[id_column].to_pylist()) + Counter(checked.bad[id_column].to_pylist())
    assert parted == Counter(found[id_column].to_pylist())

    good = checked.good.to_pylist()
    assert len({tuple(row[k] for k in spec.key) for row in good}) == len(good)
    for row in good:
        for column in spec.columns:
            value = row[column.name]
            assert value is not None or not column.required
            if isinstance(value, float):
                assert math.isfinite(value)
            if isinstance(value, int | float):
                assert column.ge is None or value >= column.ge
                assert column.le is None or value <= column.le
            if isinstance(value, str):
                assert value and "\x00" not in value
                assert value in (column.choices or (value,))
    assert all(checked.bad["reason"].to_pylist())
