"""Going back to an earlier snapshot: the store's documents first, then the pointer."""

import duckdb
import pyarrow.dataset as pads

from spotify_assets.core.errors import PlatformError
from spotify_assets.core.lake.lake import Lake, open_lake
from spotify_assets.core.lake.pointers import Snapshot, current_snapshot, point_to, read_manifest, snapshots
from spotify_assets.core.settings import Settings
from spotify_assets.core.store import open_store
from spotify_assets.defs.marts.warehouse import sole_use
from spotify_assets.defs.serving.publish import KINDS, publish
from spotify_assets.runs import Say


def roll_back(settings: Settings, snapshot: str | None, say: Say) -> Snapshot:
    """Republish a kept snapshot and make it current; by default the one before the current.

    The next build publishes what it builds, as always; until then a refresh only adds what is missing.

    Raises:
        PlatformError: there is no such snapshot.
    """
    lake = open_lake(settings)
    target = read_manifest(lake, snapshot or _previous(lake))
    store = open_store(settings)
    with sole_use(settings, "spotify-assets rollback", say), duckdb.connect() as marts:
        for mart, paths in target.marts.items():
            files = [lake.storage.full_path(f"marts/{path}") for path in paths]
            marts.register(mart, pads.dataset(files, filesystem=lake.storage.filesystem, format="parquet"))
        for kind in KINDS:
            publish(marts, store, kind)
        point_to(lake, target)
    return target


def _previous(lake: Lake) -> str:
    current = current_snapshot(lake)
    older = [s for s in snapshots(lake) if current is not None and s < current.snapshot]
    if not older:
        raise PlatformError("There is no snapshot before the current one to go back to")
    return older[-1]
