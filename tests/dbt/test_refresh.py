"""A refresh: reads what is new, recomputes what it must, and ends where a build from nothing ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow.compute as pc
import pytest

from spotify_assets.core.records import TABLES

from .catalogue import draw
from .conftest import WITHOUT_UNIT_TESTS, Built
from .platform import Platform, day

pytestmark = pytest.mark.slow

SOUND = {
    "danceability": 0.5, "energy": 0.5, "key": 1, "loudness": -7.0, "mode": 1, "speechiness": 0.1,
    "acousticness": 0.2, "instrumentalness": 0.0, "liveness": 0.1, "valence": 0.4, "tempo": 121.0,
    "duration_ms": 200_000, "time_signature": 4,
}  # fmt: skip

DIED_OVER = {"artist_id": "a0020", "name": "Artist 20, renamed", "genres": ["trot"]}

SAID_LAST = (
    "int_artist_similarity_basis",
    "int_track_similarity_basis",
    "int_track_similarity_kin",
    "int_refreshed_until",
)
"""What a run writes after all lists."""

NOT_COMPARED = (
    "int_renew",
    "int_refreshed_until",
    "int_artist_changes",
    "int_artist_placed",
    "int_artist_neighbours",
    "int_track_similarity_changes",
    "int_track_similarity_scope",
)
"""Tables that tell of a run, not of the catalogue, by how their names begin."""

SCOPES = {"int_artist_neighbours": "artist_similarity", "int_track_similarity_scope": "track_similarity"}
"""Where a run says which lists it made anew."""

Contents = dict[str, list[tuple[Any, ...]]]


class Refreshed:
    """A home before and after a refresh, and as built from nothing on the same lake."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.before = platform.contents()
        # A run that dies before it says what it made the lists of; another catches up with it.
        self.lost_a_credit = observe_before_death(platform)
        platform.dbt("run", "--exclude", *SAID_LAST, DBT_REFRESH="true")
        self.left_behind = platform.contents()
        observe_as_before(platform)
        change(platform)
        self.log = platform.dbt("build", *WITHOUT_UNIT_TESTS, DBT_REFRESH="true").stdout
        self.after = platform.contents()
        platform.dbt("run", "--full-refresh")
        self.from_nothing = platform.contents()

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        return self.after[table]


def observe_before_death(platform: Platform) -> str:
    """Observe what a run dies over, most of which does not last; return the artist whom a track loses for good."""

    def observe(table: str, *rows: dict[str, Any], asked: list[str] | None = None) -> None:
        platform.observe(table, rows, day(3, 11), run_id="run-that-dies", asked=asked)

    observe("artists", DIED_OVER, {"artist_id": "brief", "name": "Brief", "genres": ["k-pop"]})
    observe("artists", asked=["a0030"])
    observe("tracks", asked=["t00070"])
    observe("audio_features", {"track_id": "t00080", **SOUND})
    credits = "select track_id, min(artist_id), max(artist_id) from stg_track_artists group by 1 having count(*) = 2"
    track, lost, kept = platform.query(f"{credits} order by 1 desc limit 1")[0]
    observe("track_artists", {"track_id": track, "artist_id": kept, "position": 0})
    return str(lost)


def observe_as_before(platform: Platform) -> None:
    """Observe of the rest of it what was known before the run that dies."""
    for table, ids, one in (
        ("artists", "artist_id", "a0030"),
        ("tracks", "track_id", "t00070"),
        ("audio_features", "track_id", "t00080"),
    ):
        rows = draw()[table]
        before = rows.filter(pc.equal(rows[ids], one)).to_pylist()
        platform.observe(table, before, day(3, 12), run_id="as-before")
    platform.observe("artists", [], day(3, 12), run_id="as-before-gone", asked=["brief"])


def change(platform: Platform) -> None:
    """Observe, after the warehouse was built, all that a refresh can meet."""

    def observe(table: str, *rows: dict[str, Any], asked: list[str] | None = None, hour: int = 12) -> None:
        platform.observe(table, rows, day(3, hour), run_id=f"second-run-{hour}", asked=asked)

    # The same observations once more, as a retried step or compaction leaves them.
    for table in ("artists", "track_artists"):
        platform.observe(table, draw()[table].slice(0, 3).to_pylist(), day(2, 18), run_id="evening-run-again")
    observe("artist_aliases", {"artist_id": "a0001", "alias": "둘"})
    # A new artist with two songs, one of them with somebody who is there already.
    observe("artists", {"artist_id": "new", "name": "새로운", "genres": ["k-pop"], "popularity": 50})
    observe(
        "tracks",
        {"track_id": "n1", "name": "하나", "release_date": "2011"},
        {"track_id": "n2", "name": "둘", "release_date": "2012"},
    )
    observe(
        "track_artists",
        {"track_id": "n1", "artist_id": "new", "position": 0},
        {"track_id": "n1", "artist_id": "a0001", "position": 1},
        {"track_id": "n2", "artist_id": "new", "position": 0},
    )
    observe("audio_features", {"track_id": "n1", **SOUND}, {"track_id": "n2", **SOUND, "energy": 0.6})
    # One sounds otherwise, one has other genres, one loses its image to a poorer answer, one is gone.
    observe("audio_features", {"track_id": "t00010", **SOUND}, hour=13)
    observe("artists", {"artist_id": "a0011", "name": "Artist 11", "genres": ["jazz", "trot"]}, hour=13)
    observe("artists", {"artist_id": "a0012", "name": "Artist 12, renamed"}, hour=14)
    observe("artists", asked=["a0003"], hour=15)
    # A track is gone, another is found to be a version of one near it, and credits get shorter and empty.
    observe("tracks", asked=["t00050"], hour=15)
    nearest = platform.query("select track_id, related_track_id from track_similarity where rank = 1 limit 1")
    for hour, track in zip((16, 17), nearest[0], strict=True):
        observe("tracks", {"track_id": track, "name": f"Song {track}", "isrc": "SAME"}, hour=hour)
    observe("track_artists", {"track_id": "t00005", "artist_id": "a0002", "position": 0}, hour=18)
    observe("track_artists", asked=["t00060"], hour=18)


def observe_twice(platform: Platform) -> None:
    """Observe some of it once more, more than a day later: a refresh does not read the first observations again."""
    for table in ("artists", "tracks", "track_artists", "audio_features"):
        platform.observe(table, draw()[table].slice(0, 3).to_pylist(), day(2, 18), run_id="evening-run")
    aliases = [{"artist_id": "a0001", "alias": name} for name in ("하나", "둘", "셋")]
    platform.observe("artist_aliases", [*aliases, {"artist_id": "a0002", "alias": "둘"}], day(1))


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    return Refreshed(
        Built(tmp_path_factory.mktemp("refreshed"), draw(), observe_twice, *WITHOUT_UNIT_TESTS).platform
    )


def test_refresh_equals_a_build_from_nothing_row_for_row(refreshed: Refreshed) -> None:
    assert refreshed.after.keys() == refreshed.from_nothing.keys()
    for table in sorted(refreshed.after):
        if not table.startswith(NOT_COMPARED):
            assert refreshed.after[table] == refreshed.from_nothing[table], table


def test_what_a_refresh_derives_is_made_anew_for_what_changed_alone(refreshed: Refreshed) -> None:
    artists = {row[0] for row in refreshed.rows("int_renewed_artists")}
    # New, changed, gone, of a track that changed, that is gone, and that lost its credit; and what the dead run left.
    assert {"new", "a0001", "a0011", "a0003", "a0002", "a0020", refreshed.lost_a_credit} <= artists
    assert len(artists) < len(refreshed.before["int_renewed_artists"]) / 4
    tracks = {row[0] for row in refreshed.rows("int_renewed_tracks")}
    assert {"n1", "t00010", "t00050", "t00005", "t00060"} <= tracks
    assert len(tracks) < len(refreshed.before["int_renewed_tracks"]) / 4


def test_artists_whom_a_dead_run_left_are_caught_up(refreshed: Refreshed) -> None:
    assert DIED_OVER["name"] in {row[1] for row in refreshed.rows("dim_artists")}
    assert [row[1] for row in refreshed.rows("int_artist_terms") if row[0] == "a0020"] == ["trot"]


def test_refresh_recomputes_what_can_have_changed_and_no_more(refreshed: Refreshed) -> None:
    for made_anew, mart in SCOPES.items():
        scope = {row[0] for row in refreshed.rows(made_anew)}
        before = refreshed.left_behind[mart]
        touched = {row[0] for row in refreshed.rows(mart) if row not in before}
        everybody = {row[0] for row in refreshed.rows(mart)}
        assert touched <= scope
        assert len(touched) > 0
        assert len(scope) < len(everybody)


def test_new_artist_gets_a_list_and_enters_others(refreshed: Refreshed) -> None:
    lists = refreshed.rows("artist_similarity")
    assert len([row for row in lists if row[0] == "new"]) == 20
    assert any(row[2] == "new" for row in lists)


def test_vanished_artists_and_tracks_leave_no_trace(refreshed: Refreshed) -> None:
    for table in ("dim_artists", "artist_similarity", "artist_top_tracks", "int_artist_vectors"):
        assert any("a0003" in row for row in refreshed.before[table]), table
        assert not any("a0003" in row for row in refreshed.rows(table)), table
    for table in ("dim_tracks", "track_similarity", "artist_top_tracks", "int_track_vectors"):
        assert any("t00050" in row for row in refreshed.before[table]), table
        assert not any("t00050" in row for row in refreshed.rows(table)), table


def test_found_versions_leave_each_others_lists(refreshed: Refreshed) -> None:
    same = {row[0] for row in refreshed.rows("int_track_recordings") if "SAME" in row}
    assert len(same) == 2
    pairs = {(row[0], row[2]) for row in refreshed.rows("track_similarity")}
    assert not {(a, b) for a, b in pairs if a in same and b in same}


def test_a_poorer_observation_takes_nothing_away(refreshed: Refreshed) -> None:
    before = next(row for row in refreshed.before["stg_artists"] if row[0] == "a0012")
    after = next(row for row in refreshed.rows("stg_artists") if row[0] == "a0012")
    assert after[1] == "Artist 12, renamed"
    assert None not in before[2:4]
    assert after[2:6] == before[2:6]


def test_lists_get_shorter_and_empty(refreshed: Refreshed) -> None:
    credits = {(row[0], row[1]) for row in refreshed.rows("stg_track_artists")}
    assert len([row for row in refreshed.before["stg_track_artists"] if row[0] == "t00005"]) == 2
    assert {pair for pair in credits if pair[0] == "t00005"} == {("t00005", "a0002")}
    assert not [pair for pair in credits if pair[0] == "t00060"]
    assert [row[1] for row in refreshed.rows("dim_artist_aliases") if row[0] == "a0001"] == ["둘"]
    assert len(refreshed.before["dim_artist_aliases"]) == 4


def test_rereading_observations_adds_no_row(refreshed: Refreshed) -> None:
    for table in TABLES.values():
        rows = refreshed.rows(f"stg_{table.name}__by_source")
        keys = [row[:2] for row in rows]
        assert len(keys) == len(set(keys)), table.name


def test_refresh_without_news_makes_only_missing_lists(refreshed: Refreshed) -> None:
    platform = refreshed.platform
    with duckdb.connect(str(platform.home / "warehouse.duckdb")) as connection:
        connection.execute("delete from artist_similarity where artist_id = 'a0001'")
    platform.dbt("run", DBT_REFRESH="true")
    after = platform.contents()
    assert after["int_renewed_artists"] == after["int_renewed_tracks"] == []
    assert {row[0] for row in after["int_artist_neighbours"]} == {"a0001"}
    assert after["int_track_similarity_scope"] == []
    assert after["artist_similarity"] == refreshed.from_nothing["artist_similarity"]
    assert after["track_similarity"] == refreshed.from_nothing["track_similarity"]


def test_a_refresh_checks_what_it_wrote_until_it_passes(refreshed: Refreshed) -> None:
    platform = refreshed.platform
    artists = ("path:models/staging", "int_renewed_tracks", "int_renewed_artists", "int_renewal_tracks",
               "int_renewal_credits", "dim_artists", *WITHOUT_UNIT_TESTS)  # fmt: skip

    def finds(failures: int, *command: str) -> bool:
        refresh = "true" if command[0] == "build" else ""
        platform.dbt(*command, ok=not failures, DBT_REFRESH=refresh)
        results = json.loads((platform.home / "dbt" / "run_results.json").read_text())["results"]
        (found,) = (one["failures"] for one in results if "dim_artists_within_bounds" in one["unique_id"])
        return bool(found == failures)

    with duckdb.connect(str(platform.home / "warehouse.duckdb")) as connection:
        connection.execute("update dim_artists set popularity = 101 where artist_id = 'a0005'")
        # The last run went by a clock that was ahead.
        connection.execute(
            "update int_refreshed_until set changed_at = '2100-01-01', written_at = '2100-01-02'"
        )
        connection.execute(
            "update stg_artists__by_source set fetched_at = '2100-01-01' where artist_id = 'a0009'"
        )
    platform.observe("artists", [{"artist_id": "a0007", "popularity": 101}], datetime.now(UTC), run_id="bad")
    assert finds(1, "build", *WITHOUT_UNIT_TESTS)
    stamp = "select changed_at from dim_artists where artist_id = 'a0007'"
    ((stamped,),) = platform.query(stamp)
    assert finds(1, "build", "--select", *artists), "made and asked again, since it never passed"
    assert platform.query(stamp) > [(stamped,)] > [(datetime(2100, 1, 2),)]
    assert finds(2, "test", "--select", "dim_artists"), "by hand all rows are asked"


def test_refresh_after_a_new_model_makes_every_list_anew(refreshed: Refreshed) -> None:
    platform = refreshed.platform
    version = "m20261105T120000Z-0002"
    platform.fit_model(version, draw(seed=8))
    # The end of a run that read the model before it.
    platform.dbt("run", "--select", "int_refreshed_until", DBT_REFRESH="true")
    platform.dbt("run", DBT_REFRESH="true")
    for mart, owner in (("artist_similarity", "artist_id"), ("track_similarity", "track_id")):
        assert platform.query(f"select distinct model_version from {mart}") == [(version,)]
        ((lists,),) = platform.query(f"select count(distinct {owner}) from {mart}")
        assert lists == len({row[0] for row in refreshed.from_nothing[mart]})
    for table in ("int_track_vectors", "int_artist_vectors"):
        assert platform.query(f"select distinct model_version from {table}") == [(version,)]


def test_after_other_sql_everything_is_made_anew_even_if_a_run_dies(refreshed: Refreshed) -> None:
    platform = refreshed.platform
    with duckdb.connect(str(platform.home / "warehouse.duckdb")) as connection:
        connection.execute("update int_refreshed_until set sql_digest = 'of other models'")
    # As far as a run comes that dies early.
    platform.dbt("run", "--select", "stg_artists__by_source", DBT_REFRESH="true")
    assert "int_refreshed_until" not in platform.contents()
    platform.dbt("run", DBT_REFRESH="true")
    after = platform.contents()
    assert len(after["int_renewed_tracks"]) == len(refreshed.from_nothing["int_renewed_tracks"])
    assert {row[-1] for row in after["int_refreshed_until"]}.isdisjoint({"of other models"})


def test_where_nobody_knows_whom_a_dead_run_left_everything_is_made_anew(refreshed: Refreshed) -> None:
    platform, warehouse = refreshed.platform, str(refreshed.platform.home / "warehouse.duckdb")
    with duckdb.connect(warehouse) as connection:
        connection.execute("create table kept as from int_refreshed_until")
        # As Athena has it where a run was killed while it swapped in another table.
        connection.execute("drop table int_renewed_artists")
    platform.dbt("run", "--select", "int_renewed_tracks", "int_renewed_artists", DBT_REFRESH="true")
    after = platform.contents()
    assert "int_refreshed_until" not in after
    assert len(after["int_renewed_artists"]) == len(refreshed.from_nothing["int_renewed_artists"])
    with duckdb.connect(warehouse) as connection:
        connection.execute("alter table kept rename to int_refreshed_until")


def test_where_staging_was_made_from_nothing_everything_is(refreshed: Refreshed) -> None:
    platform = refreshed.platform
    platform.dbt("run", "--full-refresh", "--select", "stg_artist_aliases__by_source")
    platform.dbt("run", "--select", "int_renewed_tracks", "int_renewed_artists", DBT_REFRESH="true")
    after = platform.contents()
    assert "int_refreshed_until" not in after
    assert len(after["int_renewed_tracks"]) == len(refreshed.from_nothing["int_renewed_tracks"])
