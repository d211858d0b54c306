"""A copy of Athena's models in a DuckDB file of this machine, brought up to date by what changed.

Here: telling what changed, fetching it, swapping it in. Not here: the words it is asked in (`mirror_sql.py`),
how a statement of Athena ends (`core/lake/athena.py`) or who reads the copy (`athena_warehouse.py`).

Rows are dealt into 4,096 buckets by their first id (or number, or day). What Athena answers of each bucket is
compared with the last time:

- Of a model whose rows say when they were written (`changed_at`): how many there are, the newest stamp, and
  the sum of all. Then rows newer than any in the copy are unloaded, and take the place of all that it has of
  their ids. Buckets that still differ, as where an id lost its rows, are unloaded whole.
- Of any other model: a checksum. Buckets whose checksum differs are unloaded.

So a refresh fetches some of the rows, whatever models there are and whatever they depend on, and of a stamped
model Athena reads ids, stamps and new files alone. Each model is swapped in by one transaction. A table of
Iceberg whose metadata did not move since is not asked about at all. The copy can be deleted at any time.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.dataset as pads

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.athena import Athena
from spotify_assets.core.lake.storage import Storage
from spotify_assets.defs.marts.mirror_sql import (
    Model,
    bucket_in_copy,
    digests_sql,
    duckdb_type,
    in_buckets,
    quoted,
    stamps_in_copy_sql,
    stamps_sql,
    unload_sql,
    written_after,
)
from spotify_assets.defs.marts.warehouse import DAMAGED, DISK_FULL, WarehouseError

RESULTS = "athena-results"
"""Where results of statements lie for as long as they are needed, below the lake's root."""

AT_ONCE = 6
"""Statements sent at a time; an account may have 20 and more."""

WHOLE_FROM = 0.5
"""Share of changed buckets from which a model is unloaded whole."""

_BEFORE_ALL = datetime.fromisoformat("1970-01-01")
"""Older than any stamp."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What bringing one model up to date came to."""

    model: str
    rows: int
    """Rows that were fetched."""
    buckets: int
    """Buckets that had changed."""


class Stamped(NamedTuple):
    """What is compared of a bucket of a stamped model."""

    rows: int
    newest: datetime | None
    """The newest stamp; None where no row has one."""
    total: int
    """The sum of all stamps, as `stamps_sql` adds them up."""


Seen: TypeAlias = Mapping[str, str | Stamped]
"""What was seen of each bucket that has rows: its checksum, or its rows and stamps."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What was fetched of a model and is still to be swapped in."""

    model: Model
    seen: Seen
    """What Athena says of the buckets."""
    changed: Collection[str] | None
    """Buckets that differ from the copy; None where it is replaced whole."""
    directory: str | None
    """Where the new rows lie, below the lake's root; None where nothing is new."""


class Mirror:
    """The copy in one DuckDB file; one user at a time."""

    def __init__(self, path: Path, athena: Athena, storage: Storage) -> None:
        """Keep the copy at `path`; results of statements pass through `storage`."""
        self._path = path
        self._athena = athena
        self._storage = storage

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the copy as it is.

        Raises:
            WarehouseError: another process has it open; or it turns out to be damaged, and is deleted.
        """
        connection = self._connect()
        try:
            with self._room_wanted():
                connection.execute("set timezone = 'UTC'")
                connection.execute("create schema if not exists noted")
                connection.execute(
                    "create table if not exists noted.models (model varchar, state varchar, columns varchar)"
                )
                connection.execute(
                    "create table if not exists noted.buckets (model varchar, bucket varchar, digest varchar)"
                )
            yield connection
        except duckdb.Error as error:
            if not DAMAGED.search(str(error)):
                raise
            connection.close()
            self.forget()
            raise WarehouseError(
                f"The copy of Athena's marts, {self._path}, was damaged and is deleted: try again, and it is "
                f"fetched anew. DuckDB says: {error}"
            ) from error
        finally:
            connection.close()

    def keep_only(self, connection: duckdb.DuckDBPyConnection, models: Collection[str]) -> None:
        """Delete what the copy has of models that Athena has no more, as after a purge by another machine."""
        noted = connection.sql("select model from noted.models").fetchall()
        for gone in sorted({model for (model,) in noted}.difference(models)):
            with self._room_wanted(), _transaction(connection):
                connection.execute(f"drop table if exists main.{quoted(gone)}")
                connection.execute("delete from noted.models where model = ?", [gone])
                connection.execute("delete from noted.buckets where model = ?", [gone])

    def refresh(self, connection: duckdb.DuckDBPyConnection, models: Collection[Model]) -> list[Fetched]:
        """Bring models up to what Athena has; each is swapped in whole or stays as it was.

        Raises:
            QueryError: a statement did not succeed.
            LakeError: its result cannot be read.
        """
        known = {
            model: (state, columns)
            for model, state, columns in connection.sql("from noted.models").fetchall()
        }
        stale = [
            model
            for model in models
            if model.state is None or known.get(model.name) != (model.state, _told(model.columns))
        ]
        before = {
            model.name: _held(connection, model) if model.is_stamped else _noted(connection, model)
            for model in stale
            if known.get(model.name, (None, None))[1] == _told(model.columns)
        }
        scratch = f"{RESULTS}/spotify-assets/{uuid.uuid4().hex}"
        try:
            with (
                ThreadPoolExecutor(AT_ONCE, thread_name_prefix="athena") as workers,
                self._athena.while_waited_for(),
            ):
                changes = workers.map(
                    lambda model: self._fetch(model, before.get(model.name), scratch), stale
                )
                return [self._swap_in(connection, change, scratch) for change in changes]
        finally:
            self._storage.delete_below(scratch)

    def forget(self) -> None:
        """Delete the copy, rows and all."""
        for file in (self._path, self._path.with_name(f"{self._path.name}.wal")):
            file.unlink(missing_ok=True)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        try:
            with self._room_wanted():
                return duckdb.connect(str(self._path))
        except duckdb.Error as error:
            # A broken file may be so in a block.
            if "set lock" in str(error):
                raise WarehouseError(
                    f"The copy of Athena's marts, {self._path}, cannot be opened; close the program that "
                    f"has it open and try again. DuckDB says: {error}"
                ) from error
        # A file of another version of DuckDB, or a broken one: it is only a copy.
        self.forget()
        with self._room_wanted():
            return duckdb.connect(str(self._path))

    @contextmanager
    def _room_wanted(self) -> Iterator[None]:
        """Say what to do where the disk is full; the copy stays as it was."""
        try:
            yield
        except duckdb.Error as error:
            if not DISK_FULL.search(str(error)):
                raise
            raise WarehouseError(
                f"The copy of Athena's marts, {self._path}, cannot be brought up to date: make room on the "
                "disk of PLATFORM_HOME and try again. What it holds is as it was. DuckDB says: "
                f"{error}"
            ) from error

    def _fetch(self, model: Model, before: Seen | None, scratch: str) -> _Change:
        """Ask what changed since `before` (None: nothing is there), and have new rows unloaded."""
        now = self._ask(model, scratch)
        changed = None if before is None else _differing(before, now)
        if before is None or changed is None or len(changed & now.keys()) > WHOLE_FROM * len(now):
            changed, only, is_new = None, None, bool(now)
        elif model.is_stamped:
            newest = _newest(before)
            only, is_new = written_after(newest), _newest(now) > newest
        else:
            there = changed & now.keys()
            only, is_new = in_buckets(model, there), bool(there)
        directory = self._unload(model, only, scratch, "rows") if is_new else None
        return _Change(model, now, changed, directory)

    def _ask(self, model: Model, scratch: str) -> Seen:
        output = self._answers(model, scratch)
        if not model.is_stamped:
            return {
                str(bucket): str(digest) for bucket, digest in self._athena.rows(digests_sql(model), output)
            }
        return {
            str(bucket): Stamped(
                int(rows or 0), datetime.fromisoformat(newest) if newest else None, int(total or 0)
            )
            for bucket, rows, newest, total in self._athena.rows(stamps_sql(model), output)
        }

    def _unload(self, model: Model, only: str | None, scratch: str, name: str) -> str:
        """Have rows unloaded; return the directory that they lie in, below the lake's root."""
        tried: list[str] = []

        def sql() -> str:
            # Athena unloads to empty places alone, and an attempt that failed may have left rows in its own.
            tried.append(f"{scratch}/{model.name}/{len(tried)}/{name}")
            return unload_sql(model, only, f"{self._storage.uri_of(tried[-1])}/")

        self._athena.run(sql, self._answers(model, scratch))
        return tried[-1]

    def _answers(self, model: Model, scratch: str) -> str:
        return f"{self._storage.uri_of(f'{scratch}/{model.name}/answers')}/"

    def _swap_in(self, connection: duckdb.DuckDBPyConnection, change: _Change, scratch: str) -> Fetched:
        model = change.model
        with self._room_wanted(), _transaction(connection):
            if change.changed is None:
                columns = ", ".join(f"{quoted(name)} {duckdb_type(kind)}" for name, kind in model.columns)
                connection.execute(f"create or replace table main.{quoted(model.name)} ({columns})")
            elif not model.is_stamped:
                _remove(connection, model, change.changed)
            renews = model.is_stamped and change.changed is not None
            rows = self._insert(connection, model, change.directory, renews) if change.directory else 0
            if renews and change.changed:
                rows += self._mend(connection, model, change.seen, scratch)
            connection.execute("delete from noted.models where model = ?", [model.name])
            connection.execute(
                "insert into noted.models values (?, ?, ?)", [model.name, model.state, _told(model.columns)]
            )
            _note(connection, model, {} if model.is_stamped else change.seen)
        return Fetched(model.name, rows, len(change.seen if change.changed is None else change.changed))

    def _mend(self, connection: duckdb.DuckDBPyConnection, model: Model, seen: Seen, scratch: str) -> int:
        """Fetch the buckets that are not as Athena says though all new rows are there; return their rows."""
        wrong = _differing(_held(connection, model), seen)
        if wrong:
            _remove(connection, model, wrong)
        there = wrong & seen.keys()
        if not there:
            return 0
        directory = self._unload(model, in_buckets(model, there), scratch, "mended")
        return self._insert(connection, model, directory)

    def _insert(
        self, connection: duckdb.DuckDBPyConnection, model: Model, directory: str, renews: bool = False
    ) -> int:
        """Add the rows of a directory, with `renews` in the place of all of their keys; return how many."""
        files = self._storage.list(directory)
        if not files:
            return 0
        table, columns = f"main.{quoted(model.name)}", ", ".join(quoted(name) for name, _ in model.columns)
        try:
            rows = pads.dataset(
                [self._storage.full_path(file) for file in files],
                filesystem=self._storage.filesystem,
                format="parquet",
            )
            connection.register("new_rows", rows)
            if renews:
                key = quoted(str(model.key))
                connection.execute(f"delete from {table} where {key} in (select {key} from new_rows)")  # noqa: S608 - names of Glue, quoted
            (count,) = connection.execute(
                f"insert into {table} select {columns} from new_rows"  # noqa: S608 - as above
            ).fetchone()
            connection.unregister("new_rows")
        except (pa.ArrowInvalid, OSError, duckdb.Error) as error:
            said = str(error)
            if isinstance(error, duckdb.Error) and (DISK_FULL.search(said) or DAMAGED.search(said)):
                raise
            reason = self._storage.explain(error)
            raise LakeError(f"What Athena unloaded of {model.name} cannot be read: {reason}") from error
        return int(count)


def _noted(connection: duckdb.DuckDBPyConnection, model: Model) -> dict[str, str]:
    """Return the checksums of the last time."""
    rows = connection.execute("select bucket, digest from noted.buckets where model = ?", [model.name])
    return dict(rows.fetchall())


def _note(connection: duckdb.DuckDBPyConnection, model: Model, digests: Seen) -> None:
    connection.execute("delete from noted.buckets where model = ?", [model.name])
    new_digests = pa.table(
        {
            "bucket": pa.array(digests.keys(), pa.string()),
            "digest": pa.array(digests.values(), pa.string()),
        }
    )
    connection.register("new_digests", new_digests)
    connection.execute("insert into noted.buckets select ?, bucket, digest from new_digests", [model.name])
    connection.unregister("new_digests")


def _held(connection: duckdb.DuckDBPyConnection, model: Model) -> dict[str, Stamped]:
    """Return what the copy has in the buckets of a stamped model."""
    rows = connection.execute(stamps_in_copy_sql(model)).fetchall()
    return {bucket: Stamped(count, newest, int(total or 0)) for bucket, count, newest, total in rows}


def _remove(connection: duckdb.DuckDBPyConnection, model: Model, buckets: Collection[str]) -> None:
    connection.execute(
        f"delete from main.{quoted(model.name)} where list_contains(?, {bucket_in_copy(model)})",  # noqa: S608 - names of Glue, quoted
        [sorted(buckets)],
    )


def _differing(before: Seen, now: Seen) -> set[str]:
    """Return the buckets of which something else is seen, or that are there once alone."""
    return {bucket for bucket in before.keys() | now.keys() if before.get(bucket) != now.get(bucket)}


def _newest(seen: Seen) -> datetime:
    stamps = (one.newest for one in seen.values() if isinstance(one, Stamped))
    return max((stamp for stamp in stamps if stamp), default=_BEFORE_ALL)


def _told(columns: Collection[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
