"""Documents for the bot: built from the marts in SQL, written to the serving store where they changed."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa

from spotify_assets.core import names
from spotify_assets.core.lake.pointers import is_rolled_back
from spotify_assets.core.store import Document, NameEntry, ServingStore
from spotify_assets.core.store.documents import Kind
from spotify_assets.defs.marts.warehouse import MARTS, MOOD_MARTS, Marts
from spotify_assets.defs.resources import Platform
from spotify_assets.defs.serving.snapshot import require_whole
from spotify_assets.defs.serving.vectors import PublishedModel, publish_model

KINDS: tuple[Kind, ...] = ("artist", "track")


@dataclass(frozen=True)
class Published:
    """What publishing one kind of document came to."""

    kind: Kind
    total: int
    written: int
    removed: int
    seconds: float


@cache
def _documents_sql(kind: Kind) -> str:
    return (Path(__file__).parent / f"{kind}_documents.sql").read_text()


NO_MOODS = {
    "artist_moods": pa.table({"artist_id": [""], "mood": [""], "is_main": [False]}).slice(0, 0),
    "song_moods": pa.table({"track_id": [""], "mood": [""]}).slice(0, 0),
}
"""What documents read of the mood marts, where there are none: before the first full build that has them,
and in snapshots of that time."""


@contextmanager
def _with_moods(marts: Marts) -> Iterator[None]:
    """Let queries name the mood marts, whether they were built or not."""
    missing = []
    for mart in MOOD_MARTS:
        try:
            marts.sql(f"select * from {mart} limit 0")  # noqa: S608 - names of our own
        except duckdb.CatalogException:
            marts.register(mart, NO_MOODS[mart])
            missing.append(mart)
    try:
        yield
    finally:
        for mart in missing:
            marts.unregister(mart)


def publish(marts: Marts, store: ServingStore, kind: Kind, missing_only: bool = False) -> Published:
    """Bring the store's documents of a kind to what the marts say; write what changed, remove what is gone.

    With `missing_only`, documents that are there stay as they are.

    `marts` sees every mart by its name. Bodies are made of what changed alone, and never held all at once.
    """
    with _with_moods(marts):
        return _publish(marts, store, kind, missing_only)


def _publish(marts: Marts, store: ServingStore, kind: Kind, missing_only: bool) -> Published:
    started = time.monotonic()
    everybody = marts.sql(f"select {kind}_id as target_id from dim_{kind}s")  # noqa: S608 - names of our own
    stored = store.answers.versions(kind)
    there = pa.table(
        {"target_id": pa.array(stored.keys(), pa.string()), "version": pa.array(stored.values(), pa.string())}
    )
    marts.register("stored_documents", there)
    marts.register("asked_documents", everybody.to_arrow_table())
    try:
        wanted = documents(marts, kind, "target_id, version").to_arrow_table()
        marts.register("wanted_documents", wanted)
        gone = marts.sql(
            "select target_id from stored_documents anti join wanted_documents using (target_id)"
        ).fetchall()
        same = "target_id" if missing_only else "target_id, version"
        changed = marts.sql(
            f"select target_id from wanted_documents anti join stored_documents using ({same})"  # noqa: S608 - columns of our own
        ).to_arrow_table()
        marts.register("asked_documents", changed)
        bodies = documents(marts, kind, "*").to_arrow_reader(500)
        written = store.answers.put(_with_names(kind, bodies)) if changed.num_rows else 0
    finally:
        for view in ("wanted_documents", "stored_documents", "asked_documents"):
            marts.unregister(view)
    removed = 0 if missing_only else store.answers.remove(kind, [target_id for (target_id,) in gone])
    return Published(kind, wanted.num_rows, written, removed, time.monotonic() - started)


def documents(marts: Marts, kind: Kind, columns: str) -> duckdb.DuckDBPyRelation:
    """Return columns of the documents of everybody in `asked_documents`; none of the others is made."""
    sql = _documents_sql(kind)
    told = f"select * replace (version || '-{made_by(sql)}' as version) from ({sql})"  # noqa: S608 - a file of our own
    return marts.sql(f"select {columns} from ({told})")  # noqa: S608 - columns of our own


def made_by(sql: str) -> str:
    """Return what tells documents apart that say the same but were made otherwise.

    Marts that say the same make another document by other SQL, or once `core/names.py` files names otherwise.
    """
    rules = sql.encode() + Path(names.__file__).read_bytes()
    return hashlib.md5(rules, usedforsecurity=False).hexdigest()[:8]


def _with_names(kind: Kind, batches: pa.RecordBatchReader) -> Iterator[Document]:
    for batch in batches:
        for row in batch.to_pylist():
            keys = names.keys_of_names(row["names"], with_parts=kind == "artist")
            entries = tuple(
                NameEntry(key, kind, row["target_id"], row["label"], row["popularity"]) for key in keys
            )
            yield Document(kind, row["target_id"], row["version"], row["body"], entries)


@dg.asset(
    group_name="serving",
    owners=["team:data-platform"],
    kinds={"python", "sql"},
    # After the snapshot: a build ends a rollback, and then publishes all that it built.
    deps=[*MARTS, *MOOD_MARTS, "mart_snapshot", "similarity_evaluation"],
)
def serving_documents(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """One document per artist and per song in the serving store, with the names that lead to it.

    Only documents whose content changed are written; those of artists and songs that left the marts are
    removed. The bot reads nothing else. After a rollback, and until the next build, a refresh adds the
    documents that are missing and leaves the others as they were rolled back to.
    """
    with platform.sole_use_of_warehouse(context) as turn:
        require_whole(platform.lake)
        held = is_rolled_back(platform.lake)
        if held:
            context.log.warning(
                "rolled back: only documents that are missing are written until the next build"
            )
        with platform.warehouse.connect() as marts:
            turn.confirm()
            published = [publish(marts, platform.store, kind, missing_only=held) for kind in KINDS]
            # Documents and what the bot guesses from go together: a rollback leaves both as they are.
            model = PublishedModel(None, 0) if held else publish_model(marts, platform.lake, platform.store)
    for part in published:
        context.log.info(
            "%ss: %d documents, %d written, %d removed in %.1f s",
            part.kind, part.total, part.written, part.removed, part.seconds,
        )  # fmt: skip
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(part.total for part in published),
            "published_at": dg.MetadataValue.timestamp(datetime.now(UTC)),
            **{f"{part.kind}s": part.total for part in published},
            **{f"{part.kind}s written": part.written for part in published},
            **{f"{part.kind}s removed": part.removed for part in published},
            "model": model.version or "as it was",
            "parts of the model written": model.written,
        }
    )
