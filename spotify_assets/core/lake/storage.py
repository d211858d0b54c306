"""Where the lake's bytes go: one small class per kind of place.

Here: writing a file whole, reading, listing and deleting, by paths relative to the lake's root. Not here:
what the files mean or hold (`lake.py`), or the calls of S3 (`storage_s3.py`). A new kind of place is a
subclass with its own `write_whole`.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO

import pyarrow.fs as pafs

from spotify_assets.core.errors import LakeError, SettingsError

Content = bytes | Callable[[IO[bytes]], None]
"""What to write: the bytes, or a function that writes them to an open file."""

STALE_AFTER_SECONDS = 3600.0
"""A temporary file older than this belongs to a process that died."""


class Storage(ABC):
    """A place for files, below one root. Paths are relative to it, with `/` between parts."""

    def __init__(self, uri: str, root: str) -> None:
        """Keep files below `root` of `filesystem`; `uri` is what people call that place."""
        self.uri = uri
        self._root = root.rstrip("/")

    @property
    @abstractmethod
    def filesystem(self) -> pafs.FileSystem:
        """The place as arrow reads it."""

    @abstractmethod
    def write_whole(self, path: str, content: Content) -> None:
        """Write a file so that every reader sees the old one or the new one, never half.

        Raises:
            LakeError: it could not be written; the old file, if any, is as it was.
        """

    @abstractmethod
    def clean(self, older_than_seconds: float = STALE_AFTER_SECONDS) -> int:
        """Delete what writers that died left behind; return how many files that were."""

    @abstractmethod
    def delete_below(self, directory: str) -> None:
        """Delete all files below a directory, hidden ones too; nothing happens where there is none.

        Raises:
            LakeError: one could not be deleted.
        """

    def full_path(self, path: str) -> str:
        """Return the path as `filesystem` knows it.

        Raises:
            LakeError: the path is absolute, empty or leads out of the lake.
        """
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\0" in path:
            raise LakeError(f"{path!r} is not a path below {self.uri}")
        return "/".join((self._root, *parts))

    def uri_of(self, path: str) -> str:
        """Return the address of a file, for readers other than this class (DuckDB, dbt, people)."""
        self.full_path(path)
        return f"{self.uri.rstrip('/')}/{path}"

    def read(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            FileNotFoundError: there is no such file.
            LakeError: it could not be read.
        """
        try:
            with self.filesystem.open_input_stream(self.full_path(path), compression=None) as stream:
                content: bytes = stream.read()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise LakeError(f"{self.uri_of(path)} cannot be read: {error}") from error
        return content

    def list(self, directory: str, suffix: str = "") -> list[str]:
        """Return the paths of all files below a directory, sorted; [] where it is missing.

        Files and directories whose name starts with `.` or `_` are left out, as query engines do.
        """
        selector = pafs.FileSelector(self.full_path(directory), allow_not_found=True, recursive=True)
        try:
            infos = self.filesystem.get_file_info(selector)
        except OSError as error:
            raise LakeError(f"{self.uri_of(directory)} cannot be listed: {error}") from error
        paths = (info.path[len(self._root) + 1 :] for info in infos if info.is_file)
        return sorted(p for p in paths if p.endswith(suffix) and not is_hidden(p))

    def explain(self, error: Exception) -> str:
        """Return what an error of `filesystem` means."""
        return str(error)

    def delete(self, path: str) -> None:
        """Delete a file; nothing happens where there is none."""
        try:
            self.filesystem.delete_file(self.full_path(path))
        except FileNotFoundError:
            return
        except OSError as error:
            raise LakeError(f"{self.uri_of(path)} cannot be deleted: {error}") from error


class LocalStorage(Storage):
    """A directory on this machine, made when the first file is written."""

    def __init__(self, directory: Path) -> None:
        """Keep files below `directory`."""
        self.directory = directory.absolute()
        super().__init__(str(self.directory), str(self.directory))
        self._filesystem = pafs.LocalFileSystem()

    @property
    def filesystem(self) -> pafs.FileSystem:
        """This machine's files."""
        return self._filesystem

    def write_whole(self, path: str, content: Content) -> None:
        """Write beside the target, bring it to disk, then rename over it."""
        target = Path(self.full_path(path))
        # The leading dot keeps readers' globs and `list` from seeing a file that is being written.
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    if isinstance(content, bytes):
                        file.write(content)
                    else:
                        content(file)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
            _sync_directory(target.parent)
        except OSError as error:
            raise LakeError(
                f"{target} cannot be written ({error.strerror or error}): "
                "LAKE_URI must be a directory that this user may write, with space left"
            ) from error

    def delete_below(self, directory: str) -> None:
        """Delete the directory with all that is in it."""
        path = self.full_path(directory)
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise LakeError(f"{path} cannot be deleted ({error.strerror or error})") from error

    def clean(self, older_than_seconds: float = STALE_AFTER_SECONDS) -> int:
        """Delete temporary files that no living writer can own."""
        oldest = time.time() - older_than_seconds
        deleted = 0
        for path in self.directory.rglob(".*.tmp"):
            # A writer that is alive may rename its file away between any two of these steps.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
                    deleted += 1
        return deleted


def open_storage(uri: str) -> Storage:
    """Open the place that `LAKE_URI` names: a local directory, or a prefix of an S3 bucket.

    Raises:
        SettingsError: it is neither, or names no bucket.
        LakeError: there is a file where the directory should be, or no such AWS profile.
    """
    if uri.startswith("s3://"):
        # Imported here: boto3 takes a third of a second that local lakes need not spend.
        from spotify_assets.core.lake.storage_s3 import S3Storage

        return S3Storage(uri)
    if "://" in uri:
        raise SettingsError(f"LAKE_URI={uri}: a local directory or s3://bucket/prefix is allowed")
    directory = Path(uri)
    if directory.exists() and not directory.is_dir():
        raise LakeError(f"LAKE_URI={uri} is a file: name a directory, or a path where one can be made")
    return LocalStorage(directory)


def is_hidden(path: str) -> bool:
    """Whether query engines pass a path over: a part of it starts with `.` or `_`."""
    return any(part.startswith((".", "_")) for part in PurePosixPath(path).parts)


def _sync_directory(directory: Path) -> None:
    """Bring a rename to disk: without this a power cut may undo it."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
