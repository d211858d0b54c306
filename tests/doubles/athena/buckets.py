"""moto's buckets as the double itself reaches them: in its own process, not over HTTP as its clients must.

Here: objects by bucket and key, and the same as a file system for pyiceberg. Not here: what Athena makes of them
(`storage.py`, `iceberg.py`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.fs
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, s3_backends
from pyiceberg.io.pyarrow import PyArrowFileIO


def _backend() -> Any:
    # Asked anew each time: a double that starts forgets the one before.
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def get(bucket: str, key: str) -> FakeKey | None:
    """An object with its `value`, or None."""
    found: FakeKey | None = _backend().get_object(bucket, key)
    return found


def put(bucket: str, key: str, body: bytes) -> None:
    """Write one object whole."""
    _backend().put_object(bucket, key, body)


def delete(bucket: str, key: str) -> None:
    """Remove an object."""
    _backend().delete_object(bucket, key)


def below(bucket: str, prefix: str) -> Iterator[FakeKey]:
    """The objects whose keys begin so, in order.

    Raises:
        moto.s3.exceptions.MissingBucket: there is no such bucket.
    """
    keys = _backend().get_bucket(bucket).keys
    # A list before anything is asked of the keys, since others write meanwhile.
    for key in sorted(key for key in list(dict.keys(keys)) if key.startswith(prefix)):
        if found := get(bucket, key):
            yield found


class _Written(io.BytesIO):
    """What becomes an object when it is closed."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def close(self) -> None:
        if not self.closed:
            put(*_split(self.path), self.getvalue())
        super().close()


class _Objects(pyarrow.fs.FileSystemHandler):
    """Paths `bucket/key` as pyarrow asks for them; directories are not there, as on S3."""

    def get_type_name(self) -> str:
        return "moto"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: list[str]) -> list[pyarrow.fs.FileInfo]:
        return [self._info(path) for path in paths]

    def _info(self, path: str) -> pyarrow.fs.FileInfo:
        found = get(*_split(path))
        if found is None:
            return pyarrow.fs.FileInfo(path, pyarrow.fs.FileType.NotFound)
        return pyarrow.fs.FileInfo(path, pyarrow.fs.FileType.File, size=found.size)

    def open_input_file(self, path: str) -> pa.NativeFile:
        found = get(*_split(path))
        if found is None:
            raise FileNotFoundError(path)
        return pa.BufferReader(found.value)

    open_input_stream = open_input_file

    def open_output_stream(self, path: str, metadata: dict[str, str]) -> pa.NativeFile:
        return pa.PythonFile(_Written(path), mode="w")

    def delete_file(self, path: str) -> None:
        delete(*_split(path))

    def _unasked(self, *_: Any) -> Any:
        raise NotImplementedError("pyiceberg writes, reads and deletes single objects")

    create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = _unasked
    move = copy_file = open_append_stream = get_file_info_selector = _unasked


class BucketIO(PyArrowFileIO):
    """pyiceberg's files in these buckets."""

    def _initialize_s3_fs(self, netloc: str | None) -> pyarrow.fs.FileSystem:
        return pyarrow.fs.PyFileSystem(_Objects())


def _split(path: str) -> tuple[str, str]:
    bucket, _, key = path.partition("/")
    return bucket, key
