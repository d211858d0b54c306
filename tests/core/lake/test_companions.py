"""Artists whom people name together: who ties them, how closely, and which lists are written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from spotify_assets.core.lake import companions as module
from spotify_assets.core.lake.companions import companions, compare, known_artists, sessions, write
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.schemas import record_schema
from spotify_assets.core.lake.stamp import Stamp

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONTH = timedelta(days=30)
KNOWN = pa.array([f"a{number}" for number in range(500)])


def groups(named: Iterable[tuple[str | None, str | None, Iterable[str | None]]]) -> pa.Table:
    """Rows of (person, group, artists)."""
    rows = [(person, group, artist) for person, group, artists in named for artist in artists]
    names = ("person", "group", "artist_id")
    return pa.table({name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(names)})


def ties(found: pa.Table) -> dict[tuple[str, str], float]:
    return {(row["artist_id"], row["related_id"]): row["score"] for row in found.to_pylist()}


def tied_by(people: int) -> pa.Table:
    """What so many people make who ask for a1 and a2."""
    return companions(groups((f"p{i}", f"p{i} 0", ["a1", "a2"]) for i in range(people)), KNOWN)


# Who is tied, and how closely


def test_closeness_is_the_shrunk_cosine_over_people() -> None:
    # Four have a1, six have a2, three have both: 3 / sqrt(4 * 6) * 3 / (3 + 10).
    said = [(f"both{i}", f"both{i} 0", ["a1", "a2"]) for i in range(3)]
    said += [("one", "one 0", ["a1", "a9"])]
    said += [(f"other{i}", f"other{i} 0", ["a2"]) for i in range(3)]
    found = companions(groups(said), KNOWN)
    assert ties(found) == {("a1", "a2"): 0.141317, ("a2", "a1"): 0.141317}
    assert found["rank"].to_pylist() == [1, 1]
    assert found.schema == record_schema("related_artists")


def test_one_person_ties_nobody_however_often_they_ask() -> None:
    said = [("mallory", f"mallory {session}", ["a1", "a2"]) for session in range(100)]
    assert companions(groups(said), KNOWN).num_rows == 0
    # … nor do they add to what others say.
    alone = companions(groups(said + [(f"p{i}", f"p{i} 0", ["a1", "a2"]) for i in range(3)]), KNOWN)
    assert ties(alone) == ties(tied_by(4))


def test_it_takes_three_people() -> None:
    assert tied_by(2).num_rows == 0
    assert ties(tied_by(3)) == {("a1", "a2"): round(3 / 13, 6), ("a2", "a1"): round(3 / 13, 6)}
    assert ties(tied_by(1000))["a1", "a2"] == pytest.approx(1000 / 1010, abs=1e-6)


def test_two_sessions_of_one_person_do_not_tie_what_each_named() -> None:
    said = [(f"p{i}", f"p{i} {session}", [f"a{session}"]) for i in range(5) for session in range(2)]
    assert companions(groups(said), KNOWN).num_rows == 0


def test_a_group_of_more_than_200_says_nothing() -> None:
    def found(size: int) -> int:
        artists = [f"a{number}" for number in range(size)]
        return companions(groups((f"p{i}", f"p{i}", artists) for i in range(3)), KNOWN).num_rows

    assert found(200) == 200 * module.LONGEST_LIST
    assert found(201) == 0


def test_a_list_holds_the_twenty_closest_ties_by_id() -> None:
    said = [
        (f"{number} {i}", f"{number} {i}", ["a0", f"a{number}"]) for number in range(1, 31) for i in range(3)
    ]
    said += [(f"more {i}", f"more {i}", ["a0", "a25"]) for i in range(3)]
    found = companions(groups(said), KNOWN)
    mine = found.filter(pc.equal(found["artist_id"], "a0"))
    assert mine["rank"].to_pylist() == list(range(1, 21))
    expected = ["a25", *sorted(f"a{number}" for number in range(1, 31) if number != 25)[:19]]
    assert mine["related_id"].to_pylist() == expected


def test_nobody_nothing_and_unknown_artists_are_as_if_they_were_not_there() -> None:
    odd: list[tuple[str | None, str | None, list[str | None]]] = [
        (None, "x 0", ["a1", "a2"]),
        ("x", None, ["a1", "a2"]),
        ("y", "y 0", ["a1", None, "a1", "'; drop table coded; --", "unknown"]),
    ]
    said = odd * 5 + [(f"p{i}", f"p{i} 0", ["a1", "unknown", "a2", "a2"]) for i in range(3)]
    # y has a1: 3 / sqrt(4 * 3) * 3 / 13
    assert ties(companions(groups(said), KNOWN)) == dict.fromkeys([("a1", "a2"), ("a2", "a1")], 0.199852)
    assert companions(groups([]), KNOWN).num_rows == 0
    assert companions(groups(said), pa.array([], pa.string())).num_rows == 0


# What a session is


def turns(*said: tuple[str | None, float, str | None], channel: str = "kakao") -> pa.Table:
    """Rows of (user, minutes, artist)."""
    usual = {"channel": channel, "query": "q", "outcome": "artist", "latency_ms": 5, "provisional": False}
    rows = [
        {
            "event_id": f"{user}{minutes}{artist}",
            "event_time": NOW - timedelta(days=1) + timedelta(minutes=minutes),
            "user_hash": user,
            "artist_id": artist,
            **usual,
        }
        for user, minutes, artist in said
    ]
    return pa.Table.from_pylist(rows, schema=record_schema("chat_turns"))


def told(lake: Lake, rows: pa.Table, days: int = 180, at: datetime = NOW, run_id: str = "run-1") -> None:
    lake.append("chat_turns", rows, Stamp("chat", run_id, at, days))


def grouped(lake: Lake) -> set[frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for row in sessions(lake, NOW).to_pylist():
        found.setdefault((row["person"], row["group"]), set()).add(row["artist_id"])
    return {frozenset(artists) for artists in found.values()}


def test_a_pause_of_half_an_hour_ends_a_session(lake: Lake) -> None:
    told(lake, turns(("u", 0, "a1"), ("u", 29.9, "a2"), ("u", 59.9, "a3"), ("u", 70, "a4"), ("v", 5, "a5")))
    assert grouped(lake) == {frozenset({"a1", "a2"}), frozenset({"a3", "a4"}), frozenset({"a5"})}


def test_a_turn_about_no_artist_keeps_a_session_going(lake: Lake) -> None:
    told(lake, turns(("u", 0, "a1"), ("u", 20, None), ("u", 40, "a2")))
    assert grouped(lake) == {frozenset({"a1", "a2"})}


def test_the_web_chat_where_anybody_is_many_ties_nobody(lake: Lake) -> None:
    told(lake, turns(("u", 0, "a1"), ("u", 1, "a2"), channel="web"))
    assert grouped(lake) == set()


def test_turns_that_arrive_twice_of_nobody_or_past_their_time_do_no_harm(lake: Lake) -> None:
    rows = turns(("u", 0, "a1"), ("u", 0, "a2"))
    told(lake, rows)
    told(lake, rows, run_id="run-2")
    told(lake, turns((None, 0, "a7"), (None, 1, "a8"), ("", 0, "a7"), ("", 1, "a8")))
    told(lake, turns(("old", 0, "a5"), ("old", 1, "a6")), days=1, at=NOW - timedelta(days=1))
    assert grouped(lake) == {frozenset({"a1", "a2"})}
    assert sessions(lake, NOW).num_rows == 2


def test_a_lake_without_turns_has_no_sessions(lake: Lake) -> None:
    assert sessions(lake, NOW).num_rows == 0
    assert len(known_artists(lake)) == 0


# Which lists are written


def noted(lake: Lake, rows: pa.Table, at: datetime = NOW, source: str = "chat") -> tuple[int, list[str], int]:
    """Compare and write; return rows written, artists withdrawn, lists left as they are."""
    compared = compare(lake, rows, source, at, MONTH)
    write(lake, compared, Stamp(source, f"run-{at:%m%d%H}", at, 90))
    return compared.changed.num_rows, compared.withdrawn.to_pylist(), compared.unchanged


def test_lists_that_are_there_are_not_written_again(lake: Lake) -> None:
    assert noted(lake, tied_by(3)) == (2, [], 0)
    files = lake.files("related_artists")
    assert noted(lake, tied_by(3), NOW + timedelta(days=1)) == (0, [], 2)
    assert lake.files("related_artists") == files


def test_a_list_that_changed_is_written_and_no_other(lake: Lake) -> None:
    before = [(f"p{i}", f"p{i}", ["a1", "a2"]) for i in range(3)] + [
        (f"q{i}", f"q{i}", ["a3", "a4"]) for i in range(3)
    ]
    assert noted(lake, companions(groups(before), KNOWN)) == (4, [], 0)
    after = companions(groups([*before, ("r", "r", ["a3", "a4"])]), KNOWN)
    assert noted(lake, after, NOW + timedelta(days=1)) == (2, [], 2)


def test_a_tie_that_is_lost_is_withdrawn_once(lake: Lake) -> None:
    noted(lake, tied_by(3))
    later = NOW + timedelta(days=1)
    assert noted(lake, tied_by(2), later) == (0, ["a1", "a2"], 0)
    markers = lake.read(
        "related_artists", where=pc.field("fetched_at") == pa.scalar(later, pa.timestamp("us", "UTC"))
    )
    assert [(row["artist_id"], row["rank"], row["source"]) for row in markers.to_pylist()] == [
        ("a1", None, "chat"),
        ("a2", None, "chat"),
    ]
    assert noted(lake, tied_by(2), later + timedelta(days=1)) == (0, [], 0)
    assert noted(lake, tied_by(3), later + timedelta(days=2)) == (2, [], 0)


def test_a_list_is_written_again_before_it_expires(lake: Lake) -> None:
    noted(lake, tied_by(3))
    assert noted(lake, tied_by(3), NOW + timedelta(days=29)) == (0, [], 2)
    assert noted(lake, tied_by(3), NOW + timedelta(days=30)) == (2, [], 0)


def test_what_other_sources_say_is_left_alone(lake: Lake) -> None:
    noted(lake, tied_by(3), source="listenbrainz")
    assert noted(lake, tied_by(2)) == (0, [], 0)
    assert noted(lake, tied_by(4)) == (2, [], 0)


def test_artists_are_known_by_a_name(lake: Lake) -> None:
    rows = pa.Table.from_pylist(
        [{"artist_id": "a1", "name": "One"}, {"artist_id": "a1", "name": "One"}],
        schema=record_schema("artists"),
    )
    lake.append("artists", rows, Stamp("dataset", "run-1", NOW, 30), ["a1", "dead"])
    assert known_artists(lake).to_pylist() == ["a1"]
