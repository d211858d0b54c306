"""A copy of Athena's models in a DuckDB file of this machine, brought up to date by what changed.

Here: telling what changed, fetching it, swapping it in. Not here: how a statement of Athena ends
(`core/lake/athena.py`) or who reads the copy (`athena_warehouse.py`).

Rows are dealt into 4,096 buckets by their first id (or number, or day). Athena answers with one checksum a
bucket; buckets whose checksum differs from that of the last time are unloaded and replaced, in one
transaction. So a refresh fetches some of the rows, whatever models there are and whatever they depend on. A
table of Iceberg whose metadata did not move since is not asked about at all. The copy can be deleted at any
time.
"""

import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as pads

from spotify_assets.core.errors import LakeError, PlatformError
from spotify_assets.core.lake.athena import Athena
from spotify_assets.core.lake.storage import Storage
from spotify_assets.defs.marts.warehouse import WarehouseError

RESULTS = "athena-results"
"""Where results of statements lie for as long as they are needed, below the lake's root."""

AT_ONCE = 6
"""Statements sent at a time; an account may have 20 and more."""

WHOLE_FROM = 0.5
"""Share of changed buckets from which a model is unloaded whole."""

_DIGITS = 3
"""Hexadecimal digits of the md5 of the first column that name a row's bucket."""

_DEALT_BY = frozenset({"string", "int", "integer", "bigint", "date"})
"""Types of a column that both engines spell alike, so that a row is in the same bucket for both."""

_DUCKDB_TYPES = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "integer": "INTEGER",
    "binary": "BLOB",
    "float": "FLOAT",
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model as Glue knows it."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """Name and Glue's type."""
    is_view: bool
    state: str | None
    """Stands for its content: where Iceberg's metadata lies. None where nothing does, as for a view."""

    @property
    def key(self) -> str | None:
        """The column that rows are dealt by; None where there is none, and all rows are in one bucket."""
        return next((name for name, kind in self.columns if kind in _DEALT_BY), None)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What bringing one model up to date came to."""

    model: str
    rows: int
    """Rows that were fetched."""
    buckets: int
    """Buckets that had changed."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What was fetched of a model and is still to be swapped in."""

    model: Model
    digests: Mapping[str, str]
    replaced: Collection[str] | None
    """Buckets to replace; None for all."""
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
            WarehouseError: another process has it open.
        """
        connection = self._connect()
        try:
            connection.execute("set timezone = 'UTC'")
            connection.execute("create schema if not exists noted")
            connection.execute(
                "create table if not exists noted.models (model varchar, state varchar, columns varchar)"
            )
            connection.execute(
                "create table if not exists noted.buckets (model varchar, bucket varchar, digest varchar)"
            )
            yield connection
        finally:
            connection.close()

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
        digests = {
            model.name: dict(
                connection.execute(
                    "select bucket, digest from noted.buckets where model = ?", [model.name]
                ).fetchall()
            )
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
                    lambda model: self._fetch(model, digests.get(model.name), scratch), stale
                )
                return [self._swap_in(connection, change) for change in changes]
        finally:
            self._storage.delete_below(scratch)

    def forget(self) -> None:
        """Delete the copy, rows and all."""
        for file in (self._path, self._path.with_name(f"{self._path.name}.wal")):
            file.unlink(missing_ok=True)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        try:
            return duckdb.connect(str(self._path))
        except duckdb.Error as error:
            if "lock" in str(error).lower():
                raise WarehouseError(
                    f"The copy of Athena's marts, {self._path}, cannot be opened; close the program that "
                    f"has it open and try again. DuckDB says: {error}"
                ) from error
        # A file of another version of DuckDB, or a broken one: it is only a copy.
        self.forget()
        return duckdb.connect(str(self._path))

    def _fetch(self, model: Model, before: Mapping[str, str] | None, scratch: str) -> _Change:
        """Ask which buckets changed since `before` (None: nothing is there), and have their rows unloaded."""
        output = self._storage.uri_of(f"{scratch}/{model.name}/answers") + "/"
        now = {str(bucket): str(digest) for bucket, digest in self._athena.rows(digests_sql(model), output)}
        changed = {bucket for bucket, digest in now.items() if before is None or before.get(bucket) != digest}
        gone = set() if before is None else before.keys() - now.keys()
        whole = before is None or model.key is None or len(changed) > WHOLE_FROM * len(now)
        directory = None
        if changed:
            directory = f"{scratch}/{model.name}/rows"
            only = None if whole else sorted(changed)
            self._athena.run(unload_sql(model, only, f"{self._storage.uri_of(directory)}/"), output)
        return _Change(model, now, None if whole else changed | gone, directory)

    def _swap_in(self, connection: duckdb.DuckDBPyConnection, change: _Change) -> Fetched:
        model = change.model
        with _transaction(connection):
            if change.replaced is None:
                columns = ", ".join(f"{_quoted(name)} {duckdb_type(kind)}" for name, kind in model.columns)
                connection.execute(f"create or replace table main.{_quoted(model.name)} ({columns})")
            elif change.replaced:
                key = f"cast({_quoted(str(model.key))} as varchar)"
                connection.execute(
                    f"delete from main.{_quoted(model.name)} "  # noqa: S608 - names of Glue, quoted
                    f"where list_contains(?, left(md5(coalesce({key}, '')), {_DIGITS}))",
                    [sorted(change.replaced)],
                )
            rows = self._insert(connection, model, change.directory) if change.directory else 0
            connection.execute("delete from noted.models where model = ?", [model.name])
            connection.execute("delete from noted.buckets where model = ?", [model.name])
            connection.execute(
                "insert into noted.models values (?, ?, ?)", [model.name, model.state, _told(model.columns)]
            )
            digests = pa.table(
                {
                    "bucket": pa.array(change.digests.keys(), pa.string()),
                    "digest": pa.array(change.digests.values(), pa.string()),
                }
            )
            connection.register("new_digests", digests)
            connection.execute(
                "insert into noted.buckets select ?, bucket, digest from new_digests", [model.name]
            )
            connection.unregister("new_digests")
        buckets = len(change.digests) if change.replaced is None else len(change.replaced)
        return Fetched(model.name, rows, buckets)

    def _insert(self, connection: duckdb.DuckDBPyConnection, model: Model, directory: str) -> int:
        files = self._storage.list(directory)
        if not files:
            return 0
        try:
            rows = pads.dataset(
                [self._storage.full_path(file) for file in files],
                filesystem=self._storage.filesystem,
                format="parquet",
            )
            connection.register("new_rows", rows)
            columns = ", ".join(_quoted(name) for name, _ in model.columns)
            (count,) = connection.execute(
                f"insert into main.{_quoted(model.name)} select {columns} from new_rows"  # noqa: S608 - as above
            ).fetchone()
            connection.unregister("new_rows")
        except (pa.ArrowInvalid, OSError, duckdb.Error) as error:
            reason = self._storage.explain(error)
            raise LakeError(f"What Athena unloaded of {model.name} cannot be read: {reason}") from error
        return int(count)


def duckdb_type(glue_type: str) -> str:
    """Return DuckDB's name of one of Glue's types.

    Raises:
        PlatformError: no model has such a column.
    """
    kind = glue_type.strip().lower()
    if found := re.fullmatch(r"array<(.*)>", kind):
        return f"{duckdb_type(found[1])}[]"
    if found := re.fullmatch(r"struct<(.*)>", kind):
        fields = (field.split(":", 1) for field in _parts(found[1]))
        return f"STRUCT({', '.join(f'{_quoted(name.strip())} {duckdb_type(of)}' for name, of in fields)})"
    if re.fullmatch(r"(var)?char\(\d+\)", kind):
        return "VARCHAR"
    if kind in _DUCKDB_TYPES:
        return _DUCKDB_TYPES[kind]
    if re.fullmatch(r"tinyint|smallint|bigint|double|boolean|date|timestamp|decimal\(\d+, ?\d+\)", kind):
        return kind.upper()
    raise PlatformError(f"A model has a column of type {glue_type}, which is not read from Athena here")


def digests_sql(model: Model) -> str:
    """Return the statement that answers with a checksum for each bucket of a model that has rows."""
    # The checksum does not depend on the order of rows, and counts a row that is there twice.
    row = ", ".join(_quoted(name) for name, _ in model.columns)
    return (
        f"select {_bucket(model)} as bucket, to_hex(checksum(row({row}))) as digest "  # noqa: S608 - names of Glue, quoted
        f"from {_quoted(model.name)} group by 1"
    )


def unload_sql(model: Model, buckets: Collection[str] | None, to: str) -> str:
    """Return the statement that writes a model's rows below `to`; those of some buckets, or all."""
    # UNLOAD writes timestamps of milliseconds at most; as text they keep their microseconds.
    columns = ", ".join(
        f"cast({_quoted(name)} as varchar) as {_quoted(name)}" if kind == "timestamp" else _quoted(name)
        for name, kind in model.columns
    )
    only = "" if buckets is None else f" where {_bucket(model)} in ({', '.join(map(_literal, buckets))})"
    return (
        f"unload (select {columns} from {_quoted(model.name)}{only}) "  # noqa: S608 - as above
        f"to {_literal(to)} with (format = 'PARQUET', compression = 'ZSTD')"
    )


def _bucket(model: Model) -> str:
    if model.key is None:
        return "''"
    key = f"coalesce(cast({_quoted(model.key)} as varchar), '')"
    return f"lower(substr(to_hex(md5(to_utf8({key}))), 1, {_DIGITS}))"


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


def _parts(text: str) -> list[str]:
    """Return the parts of a list at the commas that are in no brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
