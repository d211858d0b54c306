"""Objects in S3, by location: listing, fetching once to local disk, writing, removing."""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import boto3
from botocore.config import Config
from moto.s3.exceptions import MissingBucket

from . import buckets
from .errors import AthenaFailure

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def client(service: str, endpoint: str, region: str) -> Any:
    """A client of one of moto's services."""
    config = Config(max_pool_connections=32)
    return boto3.client(service, endpoint_url=endpoint, region_name=region, config=config, **KEYS)


@dataclass(frozen=True)
class Object:
    """One object below a location; `relative` is its key from there."""

    bucket: str
    key: str
    relative: str
    etag: str
    size: int


class Storage:
    """The buckets of the double."""

    def __init__(self) -> None:
        self.cache = Path(tempfile.mkdtemp(prefix="athena-double-"))

    def objects(self, location: str) -> Iterator[Object]:
        """What Athena sees below a location: objects with bytes in them, none hidden by `_` or `.`."""
        address = urlparse(location)
        prefix = address.path.strip("/") + "/" if address.path.strip("/") else ""
        try:
            for found in buckets.below(address.netloc, prefix):
                relative = found.name[len(prefix) :]
                hidden = any(part.startswith(("_", ".")) for part in relative.split("/"))
                if found.size and not hidden:
                    yield Object(address.netloc, found.name, relative, found.etag, found.size)
        except MissingBucket as error:
            raise AthenaFailure("HIVE_FILESYSTEM_ERROR", str(error)) from error

    def is_empty(self, location: str) -> bool:
        """Whether nothing lies below a location."""
        return next(self.objects(location), None) is None

    def local(self, found: Object) -> Path:
        """A copy of an object on disk, fetched once."""
        name = f"{found.bucket}/{found.key}/{found.etag}/{found.size}"
        path = self.cache / hashlib.sha256(name.encode()).hexdigest()
        path = path.with_suffix(Path(found.key).suffix)
        if not path.exists():
            there = buckets.get(found.bucket, found.key)
            if there is None:
                raise AthenaFailure("HIVE_CANNOT_OPEN_SPLIT", f"s3://{found.bucket}/{found.key} is gone")
            part = path.with_name(uuid.uuid4().hex)
            part.write_bytes(there.value)
            part.replace(path)
        return path

    def put(self, location: str, body: bytes) -> None:
        """Write one object."""
        address = urlparse(location)
        buckets.put(address.netloc, address.path.lstrip("/"), body)

    def remove(self, location: str) -> None:
        """Remove all that Athena sees below a location."""
        for found in list(self.objects(location)):
            buckets.delete(found.bucket, found.key)
