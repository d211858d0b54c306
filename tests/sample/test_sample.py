"""The bundled sample: it is what its generator draws, keeps the records' contract, and fits the demo."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.names import name_key
from spotify_assets.core.records import SIMILARITY_FEATURES, TABLES
from spotify_assets.sample import SAMPLE_DIRECTORY
from spotify_assets.sample.generate import (
    ALBUM,
    HALF_THE_FEATURES,
    NO_FEATURES,
    NO_GENRES,
    NO_VALENCE,
    ONE_TRACK,
    TABLE_NAMES,
    Entry,
    build_tables,
    read_artists,
    write_sample,
)
from spotify_assets.sample.sounds import blend

SPOTIFY_ID = re.compile(r"^[0-9A-Za-z]{22}$")
HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return read_artists()


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return {name: pq.read_table(SAMPLE_DIRECTORY / f"{name}.parquet") for name in TABLE_NAMES}


def values(table: pa.Table, column: str) -> list:
    return table.column(column).to_pylist()


def tracks_by_artist(tables: dict[str, pa.Table], first_only: bool = False) -> dict[str, set[str]]:
    credited = defaultdict(set)
    for row in tables["track_artists"].to_pylist():
        if row["position"] == 0 or not first_only:
            credited[row["artist_id"]].add(row["track_id"])
    return credited


def test_generating_again_gives_the_committed_rows(tables: dict[str, pa.Table], tmp_path: Path) -> None:
    write_sample(tmp_path)
    for name, committed in tables.items():
        assert pq.read_table(tmp_path / f"{name}.parquet").equals(committed), (
            f"{name}: run the generator again"
        )


def test_rows_do_not_depend_on_the_process_hash_seed(tables: dict[str, pa.Table], tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from spotify_assets.sample.generate import write_sample;"
        "write_sample(pathlib.Path(sys.argv[1]))"
    )
    for seed in ("1", "2"):
        root = SAMPLE_DIRECTORY.parents[1]
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], env={"PYTHONHASHSEED": seed}, cwd=root, check=True
        )
        assert pq.read_table(tmp_path / "audio_features.parquet").equals(tables["audio_features"])


def test_an_artist_added_at_the_end_changes_no_other_row(
    entries: list[Entry], tables: dict[str, pa.Table]
) -> None:
    without_last = build_tables(entries[:-1])
    for name, smaller in without_last.items():
        assert 0 < smaller.num_rows < tables[name].num_rows
        assert tables[name].slice(0, smaller.num_rows).equals(smaller)


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_columns_values_and_keys_keep_the_contract(tables: dict[str, pa.Table], name: str) -> None:
    table, spec = tables[name], TABLES[name]
    assert table.schema.equals(record_schema(name))
    for column in spec.columns:
        found = table.column(column.name)
        if column.required:
            assert found.null_count == 0, column.name
        if column.ge is not None and found.null_count < len(found):
            assert pc.min(found).as_py() >= column.ge, column.name
        if column.le is not None and found.null_count < len(found):
            assert pc.max(found).as_py() <= column.le, column.name
        if column.choices:
            assert set(values(table, column.name)) == set(column.choices)
    keys = list(zip(*(values(table, k) for k in spec.key), strict=True))
    assert len(set(keys)) == len(keys) > 0


def test_every_reference_leads_somewhere_and_every_track_has_its_credits_in_order(
    tables: dict[str, pa.Table],
) -> None:
    artists, tracks = set(values(tables["artists"], "artist_id")), set(values(tables["tracks"], "track_id"))
    positions = defaultdict(list)
    for row in tables["track_artists"].to_pylist():
        assert row["artist_id"] in artists
        positions[row["track_id"]].append(row["position"])
    assert positions.keys() == tracks
    assert Counter(map(tuple, positions.values())).keys() == {(0,), (0, 1)}
    assert set(values(tables["audio_features"], "track_id")) < tracks
    assert set(values(tables["artist_aliases"], "artist_id")) <= artists


def test_no_id_looks_like_one_of_spotifys_and_every_track_says_it_is_synthetic(
    tables: dict[str, pa.Table],
) -> None:
    for table in tables.values():
        for column in (c for c in table.column_names if c.endswith("_id")):
            for id_ in values(table, column):
                assert not SPOTIFY_ID.match(id_)
                assert id_.isascii()
                assert id_.startswith("sample-")
    assert set(values(tables["tracks"], "album_name")) == {ALBUM}


def test_there_are_240_artists_and_half_are_korean_each_with_a_hangul_name(
    entries: list[Entry], tables: dict[str, pa.Table]
) -> None:
    assert len(entries) == tables["artists"].num_rows == 240
    korean = [e for e in entries if e.country == "KR"]
    assert len(korean) == 120
    hangul = {
        row["artist_id"]
        for row in tables["artist_aliases"].to_pylist()
        if row["locale"] == "ko" and row["kind"] == "native" and HANGUL.search(row["alias"])
    }
    assert hangul == {e.artist_id for e in korean}
    assert all(e.aliases["ko"] for e in entries), "everybody can be asked for in Korean"


def test_four_fifths_are_a_roster_without_a_tie_at_its_end(tables: dict[str, pa.Table]) -> None:
    ranked = sorted(tables["artists"].to_pylist(), key=lambda a: -a["popularity"])
    line = len(ranked) * 4 // 5
    assert ranked[line - 1]["popularity"] > ranked[line]["popularity"]
    roster = {a["artist_id"] for a in ranked[:line]}
    for slug in ("aespa", "shinee", "bts", "iu", "newjeans"):
        assert f"sample-artist-{slug}" in roster
    for slug in ("jannabi", "hyukoh", "se-so-neon", "sigur-ros"):
        assert f"sample-artist-{slug}" not in roster


@pytest.mark.parametrize(
    ("slug", "asked"),
    [
        ("aespa", "에스파"),
        ("bts", "비티에스"),
        ("blackpink", "블핑"),
        ("tomorrow-x-together", "TXT"),
        ("i-dle", "(여자)아이들"),
        ("fx", "F(X)"),
        ("beyonce", "Beyonce"),
        ("beyonce", "비욘세"),
        ("the-beatles", "비틀즈"),
        ("hikaru-utada", "宇多田ヒカル"),
        ("guns-n-roses", "guns n roses"),
        ("sigur-ros", "sigur ros"),
        ("jannabi", "잔나비"),
    ],
)
def test_a_usual_name_means_one_artist(entries: list[Entry], slug: str, asked: str) -> None:
    assert [e.slug for e in entries if name_key(asked) in keys_of(e)] == [slug]


def keys_of(entry: Entry) -> list[str]:
    names = [entry.name, *(alias for found in entry.aliases.values() for alias in found)]
    return [name_key(name) for name in names]


def test_only_those_who_really_share_a_name_share_one(entries: list[Entry]) -> None:
    owners = defaultdict(set)
    for entry in entries:
        assert len(set(keys_of(entry))) == len(keys_of(entry)), f"{entry.slug} has a name twice"
        for key in keys_of(entry):
            owners[key].add(entry.slug)
    shared = {key: slugs for key, slugs in owners.items() if len(slugs) > 1}
    assert shared == {
        "lisa": {"lisa", "lisa-jp"},
        "리사": {"lisa", "lisa-jp"},
        "nirvana": {"nirvana", "nirvana-uk"},
        "너바나": {"nirvana", "nirvana-uk"},
    }


def test_no_title_is_somebodys_name_or_comes_twice_from_one_artist(
    entries: list[Entry], tables: dict[str, pa.Table]
) -> None:
    names = {key for entry in entries for key in keys_of(entry)}
    titles = dict(zip(values(tables["tracks"], "track_id"), values(tables["tracks"], "name"), strict=True))
    assert not {name_key(title) for title in titles.values()} & names
    for tracks in tracks_by_artist(tables, first_only=True).values():
        assert len({titles[track] for track in tracks}) == len(tracks)
    for entry in entries:
        hangul = HANGUL.search(titles[f"sample-track-{entry.slug}-01"]) is not None
        assert hangul == (entry.country == "KR")


def test_tracks_come_out_while_their_artists_are_active(
    entries: list[Entry], tables: dict[str, pa.Table]
) -> None:
    years = {e.artist_id: range(e.first_year, e.last_year + 1) for e in entries}
    tracks = {row["track_id"]: row for row in tables["tracks"].to_pylist()}
    formats = {"year": r"\d{4}", "month": r"\d{4}-\d\d", "day": r"\d{4}-\d\d-\d\d"}
    for row in tables["track_artists"].to_pylist():
        track = tracks[row["track_id"]]
        assert int(track["release_date"][:4]) in years[row["artist_id"]]
        assert re.fullmatch(formats[track["release_date_precision"]], track["release_date"])


def test_the_holes_are_those_that_the_file_declares(
    entries: list[Entry], tables: dict[str, pa.Table]
) -> None:
    features = {row["track_id"]: row for row in tables["audio_features"].to_pylist()}
    genres = dict(
        zip(values(tables["artists"], "artist_id"), values(tables["artists"], "genres"), strict=True)
    )
    own, credited = tracks_by_artist(tables, first_only=True), tracks_by_artist(tables)
    assert {e.gap for e in entries} == {"", ONE_TRACK, NO_FEATURES, HALF_THE_FEATURES, NO_VALENCE, NO_GENRES}
    for entry in entries:
        tracks = own[entry.artist_id]
        with_features = [features[track] for track in tracks if track in features]
        if entry.gap:
            assert credited[entry.artist_id] == tracks, f"{entry.slug} is a guest, which fills its gap"
        assert (len(tracks) == 1) if entry.gap == ONE_TRACK else (8 <= len(tracks) <= 14)
        assert (genres[entry.artist_id] is None) == (entry.gap == NO_GENRES)
        share = len(with_features) / len(tracks)
        assert share == {NO_FEATURES: 0, HALF_THE_FEATURES: 0.5}.get(entry.gap, 1)
        assert all((row["valence"] is None) == (entry.gap == NO_VALENCE) for row in with_features)


def test_artists_of_a_genre_sound_more_alike_than_artists_of_different_ones(
    entries: list[Entry], tables: dict[str, pa.Table]
) -> None:
    features = tables["audio_features"]
    columns = [features.column(f).to_pandas().rank(pct=True).fillna(0.5) for f in SIMILARITY_FEATURES]
    rows = dict(zip(values(features, "track_id"), np.column_stack(columns), strict=True))
    own = tracks_by_artist(tables, first_only=True)
    known = [e for e in entries if any(t in rows for t in own[e.artist_id])]
    means = np.array([np.mean([rows[t] for t in own[e.artist_id] if t in rows], axis=0) for e in known])
    distance = np.linalg.norm(means[:, None] - means[None], axis=2)
    families = np.array([e.sound.family for e in known])
    alike = families[:, None] == families[None]
    others = ~np.eye(len(known), dtype=bool)

    assert distance[alike & others].mean() < distance[~alike].mean() / 2
    for family in (
        "k-pop girl group",
        "k-pop boy group",
        "k-ballad",
        "hip hop",
        "classical",
        "metal",
        "jazz",
    ):
        members = families == family
        within = distance[np.ix_(members, members)]
        assert (
            within.sum() / (members.sum() * (members.sum() - 1)) < distance[np.ix_(members, ~members)].mean()
        )
    nearest = np.where(others, distance, np.inf).argsort(axis=1)[:, :5]
    assert (families[nearest] == families[:, None]).mean() > 0.5


def test_loud_tracks_are_energetic_and_seldom_acoustic(tables: dict[str, pa.Table]) -> None:
    features = tables["audio_features"]
    energy, loudness, acousticness = (
        features.column(c).to_numpy() for c in ("energy", "loudness", "acousticness")
    )
    assert np.corrcoef(energy, loudness)[0, 1] > 0.6
    assert np.corrcoef(energy, acousticness)[0, 1] < -0.6


def test_a_genre_that_no_family_knows_is_named() -> None:
    with pytest.raises(ValueError, match=r"sounds\.csv has no family for space yodel"):
        blend(("pop", "space yodel"))


def test_the_tables_stay_small() -> None:
    assert sum((SAMPLE_DIRECTORY / f"{name}.parquet").stat().st_size for name in TABLE_NAMES) < 500_000
