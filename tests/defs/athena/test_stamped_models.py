"""A model whose rows say when they were written is followed by its new rows; the copy is what Athena has."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import duckdb
import pytest

from spotify_assets.core.errors import LakeError, PlatformError
from spotify_assets.core.lake.athena import QueryError
from spotify_assets.defs.marts.athena_warehouse import AthenaWarehouse
from tests.defs.athena.conftest import Built
from tests.defs.athena.test_queries import failed_within_athena
from tests.doubles.aws import AwsCall

STAMP = "changed_at"
COLUMNS = "artist_id, rank, related, changed_at"
LISTS = {f"artist {n}": tuple(f"related {n} {m}" for m in range(3)) for n in range(30)}
"""Three related artists of each of thirty."""


def bucket(artist: str) -> str:
    """Where a row is dealt."""
    return hashlib.md5(artist.encode(), usedforsecurity=False).hexdigest()[:3]


NEIGHBOUR = next(f"new {n}" for n in count() if bucket(f"new {n}") == bucket("artist 7"))
"""An artist who is in a bucket with another."""


@dataclass
class Lists:
    """A model of lists on Athena, and what is in it."""

    built: Built
    warehouse: AthenaWarehouse
    now: datetime = datetime(2026, 11, 20, 12)
    rows: dict[tuple[str, int], tuple[str, datetime]] = field(default_factory=dict)

    def make(self, lists: Mapping[str, Sequence[str]], after: timedelta = timedelta(seconds=1)) -> None:
        """Make the table from nothing, as a rebuild does."""
        self.now += after
        self.rows = {
            (artist, rank): (related, self.now)
            for artist, related_ones in lists.items()
            for rank, related in enumerate(related_ones, 1)
        }
        self.built.build("lists", f"select * from {self._values([(*k, *v) for k, v in self.rows.items()])}")

    def renew(self, lists: Mapping[str, Sequence[str]], after: timedelta = timedelta(microseconds=1)) -> None:
        """Put lists in the place of those of their artists, as a refresh does: by one MERGE."""
        self.now += after
        new = {(a, rank): r for a, related in lists.items() for rank, r in enumerate(related, 1)}
        gone = [key for key in self.rows if key[0] in lists and key not in new]
        news = [(*key, related, self.now, False) for key, related in new.items()]
        news += [(*key, "", self.now, True) for key in gone]
        self.built.run(
            f"merge into lists as target using (select * from {self._values(news)}) as news "
            "on target.artist_id = news.artist_id and target.rank = news.rank "
            "when matched and news.is_gone then delete "
            "when matched then update set related = news.related, changed_at = news.changed_at "
            f"when not matched and not news.is_gone then insert ({COLUMNS}) "
            "values (news.artist_id, news.rank, news.related, news.changed_at)"
        )
        for key in gone:
            del self.rows[key]
        self.rows |= {key: (related, self.now) for key, related in new.items()}

    def followed(self) -> list[dict[str, Any]]:
        """Read the model, which must be as it is on Athena; return the statements that it took."""
        before = len(self.statements())
        assert self.found(f"select {COLUMNS} from lists") == self.sorted_rows()
        return self.statements()[before:]

    def found(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds in the warehouse, in order."""
        with self.warehouse.connect() as marts:
            return sorted(marts.sql(sql).fetchall())

    def statements(self) -> list[dict[str, Any]]:
        """What reading the model has taken so far."""
        sent = self.built.doubles.noted('"lists')
        return [one for one in sent if one["kind"] in ("SELECT", "UNLOAD")]

    def scanned(self, sql: str) -> int:
        """The bytes that a query reads."""
        self.built.run(sql)
        scanned: int = self.built.doubles.noted(sql)[-1]["scanned"]
        return scanned

    def sorted_rows(self) -> list[tuple[Any, ...]]:
        """What is in the model."""
        return sorted((*key, *said) for key, said in self.rows.items())

    def copied(self) -> list[tuple[Any, ...]]:
        """What the copy holds, without a look at Athena."""
        with duckdb.connect(str(self.built.settings.mirror_path), read_only=True) as copy:
            return sorted(copy.sql(f"select {COLUMNS} from main.lists").fetchall())

    @staticmethod
    def _values(rows: Sequence[tuple[Any, ...]]) -> str:
        def literal(value: Any) -> str:
            if isinstance(value, datetime):
                return f"timestamp '{value:%Y-%m-%d %H:%M:%S.%f}'"
            return f"'{value}'" if isinstance(value, str) else str(value).lower()

        listed = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        return f"(values {listed}) as t ({COLUMNS}{', is_gone' if len(rows[0]) > 4 else ''})"


@pytest.fixture
def lists(built: Built) -> Lists:
    """Thirty lists that were read once."""
    made = Lists(built, AthenaWarehouse(built.settings))
    made.make(LISTS)
    made.followed()
    return made


def is_by_stamp(statement: Mapping[str, Any]) -> bool:
    return '"changed_at" > timestamp' in statement["sql"]


def is_by_bucket(statement: Mapping[str, Any]) -> bool:
    return " in ('" in statement["sql"]


@pytest.mark.parametrize(
    ("renewed", "by_stamp", "by_bucket"),
    [
        ({"artist 7": ("a", "b", "c")}, 1, 0),
        ({"artist 7": LISTS["artist 7"]}, 1, 0),
        ({"new": ("a",), "artist 7": LISTS["artist 7"]}, 1, 0),
        ({"artist 7": ("a", "b")}, 1, 0),
        ({"artist 8": ()}, 0, 0),
        ({"artist 7": ("a",), "artist 8": ()}, 1, 0),
        ({"artist 7": (), NEIGHBOUR: LISTS["artist 7"]}, 1, 1),
        ({"artist 7": ("a",), NEIGHBOUR: ("a", "b")}, 1, 0),
    ],
    ids=[
        "another list", "the same list", "a new artist", "a shorter list", "an artist gone", "a shorter list and one gone",
        "as many rows in a bucket, but of another artist", "as many rows in a bucket, but of two artists",
    ],
)  # fmt: skip
def test_a_renewal_is_followed_by_its_rows(
    lists: Lists, renewed: Mapping[str, Sequence[str]], by_stamp: int, by_bucket: int
) -> None:
    lists.renew(renewed)
    told, *unloads = lists.followed()
    assert "checksum" not in told["sql"]
    # A bucket that is left without rows needs no fetching.
    assert [is_by_stamp(one) for one in unloads] == [True] * by_stamp + [False] * by_bucket
    assert [is_by_bucket(one) for one in unloads] == [False] * by_stamp + [True] * by_bucket
    assert lists.followed() == []


def test_each_renewal_is_read_from_the_one_before(lists: Lists) -> None:
    for n, after in enumerate((1, 999_999, 120, 1), 1):
        before = lists.now
        lists.renew({f"artist {n}": ("a", str(n))}, timedelta(microseconds=after))
        _, unload = lists.followed()
        assert f"> timestamp '{before:%Y-%m-%d %H:%M:%S.%f}'" in unload["sql"]


def test_old_rows_are_not_read_again(built: Built) -> None:
    lists = Lists(built, AthenaWarehouse(built.settings))
    built.build(
        "lists",
        "select 'artist ' || cast(x as varchar) as artist_id, y as rank, to_hex(md5(to_utf8(cast(100 * x + y as "
        "varchar)))) as related, timestamp '2026-11-20 12:00:00.000000' as changed_at "
        "from unnest(sequence(1, 300)) as t (x) cross join unnest(sequence(1, 10)) as u (y)",
    )
    lists.found("select * from lists")
    read = len(lists.statements())
    lists.renew({"artist 7": list("abcdefghij")})
    lists.found("select * from lists")
    told, unload = lists.statements()[read:]
    key, stamp, nothing, whole = (
        lists.scanned(f"select {columns} from lists") for columns in ("artist_id", STAMP, "1", "*")
    )
    assert told["scanned"] == key + stamp - nothing < whole / 4
    assert 0 < unload["scanned"] < whole / 10


def test_a_rebuild_is_fetched_in_one_go(lists: Lists) -> None:
    lists.make({**LISTS, "artist 7": ("a",)})
    told, unload = lists.followed()
    assert " where " not in told["sql"] + unload["sql"]


def test_what_nobody_promised_is_found_as_well(lists: Lists) -> None:
    # Of a list one row is written anew, one stays as it was and one goes; of another one goes and none comes.
    lists.now += timedelta(seconds=1)
    renewed = f"related = 'x', changed_at = timestamp '{lists.now}'"
    lists.built.run(f"update lists set {renewed} where artist_id = 'artist 7' and rank < 2")
    lists.built.run("delete from lists where artist_id in ('artist 7', 'artist 8') and rank = 3")
    for key in (("artist 7", 3), ("artist 8", 3)):
        del lists.rows[key]
    lists.rows["artist 7", 1] = ("x", lists.now)
    _, by_stamp, by_bucket = lists.followed()
    assert is_by_stamp(by_stamp)
    assert f"in ('{bucket('artist 8')}', '{bucket('artist 7')}')" in by_bucket["sql"]


def test_a_stamp_that_is_older_than_others_is_found_as_well(lists: Lists) -> None:
    lists.renew({"artist 7": ("a", "b", "c"), NEIGHBOUR: ("a", "b", "c")}, timedelta(hours=1))
    lists.followed()
    lists.renew({"artist 7": ("d", "e", "f")}, -timedelta(minutes=1))
    _, unload = lists.followed()
    assert is_by_bucket(unload)


def test_all_lists_may_go(lists: Lists) -> None:
    lists.renew(dict.fromkeys(LISTS, ()))
    assert len(lists.followed()) == 1
    assert lists.copied() == []
    lists.renew({"artist 1": ("a",)})
    assert len(lists.followed()) == 2


def test_another_column_is_taken_over(lists: Lists) -> None:
    values = ", ".join(f"('{artist}', 'KR', timestamp '{lists.now}.000000')" for artist in LISTS)
    lists.built.build("lists", f"select * from (values {values}) as t (artist_id, market, changed_at)")
    assert set(lists.found("select market, changed_at from lists")) == {("KR", lists.now)}


def test_a_view_over_stamped_rows_is_told_by_its_checksums(lists: Lists) -> None:
    lists.built.run(
        "create or replace view lists_seconds as select artist_id, changed_at from lists where rank = 2"
    )
    lists.renew({"artist 7": ("a",)})
    before = len(lists.statements())
    assert len(lists.found("select * from lists_seconds")) == 29
    assert "checksum" in lists.statements()[before]["sql"]


def is_read(call: AwsCall, directory: str) -> bool:
    return call.method in ("GET", "HEAD") and f"/{directory}/" in call.path


@pytest.mark.parametrize(
    ("fails", "error"),
    [
        (lambda: lambda call: is_read(call, "rows"), LakeError),
        (lambda: lambda call: is_read(call, "mended"), LakeError),
        (lambda: nth_statement(1), QueryError),
        (lambda: nth_statement(2), QueryError),
        (lambda: nth_statement(3), QueryError),
    ],
    ids=["new rows", "a bucket's rows", "the first statement", "the second", "the third"],
)
def test_what_breaks_off_leaves_the_copy_as_it_was(
    lists: Lists, fails: Callable[[], Callable[[AwsCall], bool]], error: type[PlatformError]
) -> None:
    before = lists.sorted_rows()
    lists.renew({"artist 7": (), NEIGHBOUR: ("a",), "artist 8": ("b",)})
    fault = lists.built.aws.fail(400, "InvalidRequestException", fails())
    with pytest.raises(error):
        lists.followed()
    assert fault.met
    assert lists.copied() == before
    lists.built.aws.faults.clear()
    assert len(lists.followed()) == 3


def nth_statement(n: int) -> Callable[[AwsCall], bool]:
    """Of the statements that are sent from now on, picks the n-th and later ones."""
    sent = count(1)
    return lambda call: call.target.endswith("StartQueryExecution") and next(sent) >= n


def test_rows_that_athena_failed_to_unload_are_unloaded_elsewhere(lists: Lists) -> None:
    lists.renew({"artist 7": ("a",)})
    sent: list[AwsCall] = []

    def is_of_the_unload(call: AwsCall) -> bool:
        sent.extend([call] if call.target.endswith("StartQueryExecution") else [])
        return len(sent) == 2 and call.target.endswith("GetQueryExecution")

    fault = lists.built.aws.fail(200, "", is_of_the_unload, times=1, body=failed_within_athena(True))
    lists.followed()
    assert fault.met
    assert any("/1/rows/" in sql for sql in lists.built.unloads()), "what it left lies in the first place"


def test_whatever_is_renewed_the_copy_follows(lists: Lists) -> None:
    chance = random.Random(1)
    artists = [*LISTS, NEIGHBOUR, *(f"new {n}" for n in range(9))]
    for step in range(6):
        chosen = chance.sample(artists, chance.choice((1, 3, 9, 25)))
        renewed = {a: [f"{step} {m}" for m in range(chance.choice((0, 0, 2, 3, 4)))] for a in chosen}
        if step == 4:
            lists.make({**LISTS, **{a: r for a, r in renewed.items() if r}})
        else:
            lists.renew(renewed, timedelta(microseconds=chance.choice((1, 1000, 10**6))))
        if chance.random() < 0.8:
            assert len(lists.followed()) <= 3
    lists.followed()
