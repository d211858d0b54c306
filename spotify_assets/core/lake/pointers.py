"""What is current in the lake: the newest fitted model, the published snapshot of the marts.

Here: the ids and places of versioned things, and which of them counts. Not here: what they hold.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from spotify_assets.core.errors import LakeError
from spotify_assets.core.lake.lake import Lake

MODEL_ROOT = "similarity_model"
ModelPart = Literal["breakpoints", "vectors"]
"""What a version of the model is made of: by which features are normalised, and where terms and cells lie."""
CURRENT = "marts/CURRENT.json"


def new_id(prefix: str, now: datetime) -> str:
    """Return an id that sorts by time, such as `s20261120T131500Z-3f2a`."""
    return f"{prefix}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def id_time(identifier: str) -> datetime:
    """Return when an id of `new_id` was made."""
    return datetime.strptime(identifier[1:17], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def model_versions(lake: Lake) -> list[str]:
    """Return the versions of the fitted similarity model, oldest first; the last one counts."""
    directories = (
        path.split("/")[2] for path in lake.storage.list(f"{MODEL_ROOT}/breakpoints", suffix=".parquet")
    )
    return sorted({directory.removeprefix("model_version=") for directory in directories})


def withdraw_models_after(lake: Lake, version: str | None) -> list[str]:
    """Delete the models fitted after that version, so that it counts again; return their versions.

    Where that version is none, or not in the lake, every model stays: one must be left to count.
    """
    versions = model_versions(lake)
    if version not in versions:
        return []
    withdrawn = versions[versions.index(version) + 1 :]
    for later in reversed(withdrawn):
        # The newest first: nobody who is interrupted leaves another one as the newest than was or will be.
        delete_model(lake, later)
    return withdrawn


def model_path(version: str, part: ModelPart = "breakpoints") -> str:
    """Return where a part of a model lies, below the lake's root.

    A version counts once its breakpoints are there: write them last, and delete them first.
    """
    return f"{MODEL_ROOT}/{part}/model_version={version}/{part}.parquet"


def delete_model(lake: Lake, version: str) -> None:
    """Delete a version of the model, whole."""
    for part in get_args(ModelPart):
        lake.storage.delete(model_path(version, part))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published state of the marts; as JSON it is `marts/CURRENT.json`."""

    snapshot: str
    published_at: str
    """UTC, ISO 8601."""
    model_version: str | None
    marts: dict[str, list[str]]
    """Paths of each mart's Parquet files, below `marts/`."""


def current_snapshot(lake: Lake) -> Snapshot | None:
    """Return the snapshot that counts, or None before the first."""
    content = lake.read_json(CURRENT)
    return None if content is None else Snapshot(**content)


def is_rolled_back(lake: Lake) -> bool:
    """Tell whether an earlier snapshot than the newest was made the current one."""
    current, kept = current_snapshot(lake), snapshots(lake)
    return current is not None and bool(kept) and current.snapshot < kept[-1]


def read_manifest(lake: Lake, snapshot: str) -> Snapshot:
    """Return a kept snapshot by its id.

    Raises:
        LakeError: it is not, or no longer, there.
    """
    content = lake.read_json(manifest_path(snapshot))
    if content is None:
        kept = ", ".join(snapshots(lake)) or "none"
        raise LakeError(f"There is no snapshot {snapshot!r} in {lake.storage.uri}; kept are: {kept}")
    return Snapshot(**content)


def write_manifest(lake: Lake, snapshot: Snapshot) -> None:
    """Note what a snapshot holds; it counts only once `point_to` was called."""
    lake.write_json(manifest_path(snapshot.snapshot), asdict(snapshot))


def point_to(lake: Lake, snapshot: Snapshot) -> None:
    """Make a snapshot the one that counts, in one atomic write."""
    lake.write_json(CURRENT, asdict(snapshot))


def snapshots(lake: Lake) -> list[str]:
    """Return the ids of the kept snapshots, oldest first."""
    paths = lake.storage.list("marts/snapshots", suffix=".json")
    return sorted(path.rsplit("/", 1)[1].removesuffix(".json") for path in paths)


def manifest_path(snapshot: str) -> str:
    """Return where the list of a snapshot's files lies, below the lake's root."""
    return f"marts/snapshots/{snapshot}.json"
