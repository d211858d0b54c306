"""Whole writes, and nothing outside the lake."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import IO

import pytest

from spotify_assets.core.errors import LakeError, SettingsError
from spotify_assets.core.lake.storage import LocalStorage, Storage, open_storage


@pytest.fixture
def local(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "lake")


def test_what_is_written_is_read_listed_and_deleted(storage: Storage) -> None:
    storage.write_whole("raw/a/1.parquet", b"one")
    storage.write_whole("raw/a/b/2.parquet", lambda file: file.write(b"two") and None)
    storage.write_whole("raw/other.json", b"{}")
    assert storage.read("raw/a/b/2.parquet") == b"two"
    assert storage.list("raw", suffix=".parquet") == ["raw/a/1.parquet", "raw/a/b/2.parquet"]
    assert storage.uri_of("raw/a/1.parquet") == f"{storage.uri}/raw/a/1.parquet"
    storage.delete("raw/a/1.parquet")
    storage.delete("raw/a/1.parquet")
    assert storage.list("raw/a") == ["raw/a/b/2.parquet"]
    assert storage.list("nothing/here") == []
    with pytest.raises(FileNotFoundError):
        storage.read("raw/a/1.parquet")


def test_what_lies_below_a_directory_goes_whole(storage: Storage) -> None:
    for path in ("scratch/1.parquet", "scratch/deep/_hidden", "scratchpad/2.parquet", "raw/3.parquet"):
        storage.write_whole(path, b"")
    storage.delete_below("scratch")
    storage.delete_below("scratch")
    assert storage.list("scratch") == []
    with pytest.raises(FileNotFoundError):
        storage.read("scratch/deep/_hidden")
    assert storage.list("scratchpad") == ["scratchpad/2.parquet"]
    assert storage.list("raw") == ["raw/3.parquet"]
    with pytest.raises(LakeError, match="not a path below"):
        storage.delete_below("../elsewhere")


def test_failed_write_leaves_the_old_file_and_no_rest(storage: Storage) -> None:
    storage.write_whole("pointer.json", b"old")

    def fail_half_way(file: IO[bytes]) -> None:
        file.write(b"new, but on")
        raise ValueError("source went away")

    with pytest.raises(ValueError, match="source went away"):
        storage.write_whole("pointer.json", fail_half_way)
    assert storage.read("pointer.json") == b"old"
    assert storage.clean(older_than_seconds=0) == 0


def test_full_disk_is_told(storage: Storage) -> None:
    def fill(file: IO[bytes]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(LakeError, match=r"x cannot be written \(No space left on device\): .* space left"):
        storage.write_whole("x", fill)
    assert storage.clean(older_than_seconds=0) == 0


def test_unfinished_files_are_unseen_by_readers_and_cleaned_once_stale(local: LocalStorage) -> None:
    seen: list[list[str]] = []

    def look_meanwhile(file: IO[bytes]) -> None:
        file.write(b"half")
        file.flush()
        seen.append([str(p) for p in local.directory.rglob("*.parquet")] + local.list("raw"))

    local.write_whole("raw/t/x.parquet", look_meanwhile)
    assert seen == [[]]

    rest = local.directory / "raw" / "t" / ".x.parquet.0123.tmp"
    rest.write_bytes(b"half")
    assert local.clean() == 0
    two_hours_ago = time.time() - 7200
    os.utime(rest, (two_hours_ago, two_hours_ago))
    assert local.clean() == 1
    assert local.list("raw") == ["raw/t/x.parquet"]


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../outside", "raw/../../outside", "raw/\0"])
def test_paths_that_leave_the_lake_are_refused(storage: Storage, path: str) -> None:
    with pytest.raises(LakeError, match="is not a path below"):
        storage.write_whole(path, b"")
    with pytest.raises(LakeError, match="is not a path below"):
        storage.read(path)


def test_place_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    storage = LocalStorage(tmp_path / "file" / "lake")
    with pytest.raises(LakeError, match=r"cannot be written .*LAKE_URI must be a directory"):
        storage.write_whole("x", b"")


def test_places_of_other_kinds_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="a local directory or s3://bucket/prefix is allowed"):
        open_storage("gs://bucket/lake")
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match="is a file"):
        open_storage(str(tmp_path / "file"))
    assert open_storage(str(tmp_path)).uri == str(tmp_path)
