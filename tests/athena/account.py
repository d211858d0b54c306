"""Where the project is built: an AWS account or the double, and what of it belongs to the tests.

Here: objects, tables and statements by the standard clients, so that both are used alike. Not here: what is built.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

from spotify_assets.core.lake.glue import register
from spotify_assets.core.lake.lake import Lake
from spotify_assets.core.lake.storage_s3 import S3Storage

PATIENCE_SECONDS = 300


class StatementFailed(Exception):
    """A statement that Athena did not carry out."""


@dataclass(frozen=True)
class Account:
    """A bucket's prefix, two Glue databases and a work group, reached with these variables of the environment."""

    variables: Mapping[str, str]
    bucket: str
    prefix: str = "platform"
    raw_schema: str = "spotify_assets_raw"
    schema: str = "spotify_assets"
    work_group: str = "primary"

    @property
    def lake_uri(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def dbt_variables(self) -> dict[str, str]:
        """What leads dbt here."""
        return {
            **self.variables,
            "LAKE_URI": self.lake_uri,
            "ATHENA_RAW_SCHEMA": self.raw_schema,
            "ATHENA_SCHEMA": self.schema,
            "ATHENA_WORK_GROUP": self.work_group,
            # A double's statements take milliseconds; AWS bounds how often it is asked.
            "ATHENA_POLL_SECONDS": "0.02" if "AWS_ENDPOINT_URL" in self.variables else "",
        }

    def client(self, service: str) -> Any:
        """A client of boto3, of these variables alone."""
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.variables.get("AWS_ENDPOINT_URL"),
            region_name=self.variables["AWS_REGION"],
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self.variables.get("AWS_SESSION_TOKEN"),
        )

    def objects(self, below: str = "") -> dict[str, int]:
        """Keys below a place of the prefix, from the prefix on, with their sizes."""
        root = f"{self.prefix}/"
        pages = self.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.bucket, Prefix=root + below)
        return {
            one["Key"].removeprefix(root): one["Size"] for page in found for one in page.get("Contents", [])
        }

    def remove(self, keys: list[str]) -> None:
        """Delete objects by their keys from the prefix on."""
        s3 = self.client("s3")
        for first in range(0, len(keys), 1000):
            named = [{"Key": f"{self.prefix}/{key}"} for key in keys[first : first + 1000]]
            s3.delete_objects(Bucket=self.bucket, Delete={"Objects": named})

    def hold(self, lake: Path) -> None:
        """Make the lake on S3 what a directory is, and Glue's tables what the lake is."""
        s3, tops = self.client("s3"), ("raw", "similarity_model", "track_moods")
        there = {key for top in tops for key in self.objects(f"{top}/")}
        here = {
            path.relative_to(lake).as_posix(): path
            for top in tops
            for path in (lake / top).rglob("*")
            if path.is_file()
        }
        for key, path in here.items():
            s3.upload_file(str(path), self.bucket, f"{self.prefix}/{key}")
        self.remove(sorted(there - here.keys()))
        with self._environment():
            register(Lake(S3Storage(self.lake_uri)), self.raw_schema)

    def run(self, sql: str) -> dict[str, Any]:
        """Run a statement to its success; its execution.

        Raises:
            StatementFailed: it failed, was cancelled, or took longer than `PATIENCE_SECONDS`.
        """
        athena = self.client("athena")
        started = athena.start_query_execution(
            QueryString=sql,
            WorkGroup=self.work_group,
            QueryExecutionContext={"Database": self.schema},
            ResultConfiguration={"OutputLocation": f"{self.lake_uri}/athena-results/"},
        )
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            execution: dict[str, Any] = athena.get_query_execution(
                QueryExecutionId=started["QueryExecutionId"]
            )["QueryExecution"]
            if execution["Status"]["State"] == "SUCCEEDED":
                return execution
            if execution["Status"]["State"] in ("FAILED", "CANCELLED"):
                raise StatementFailed(f"{execution['Status'].get('StateChangeReason')}: {sql}")
            time.sleep(0.05)
        raise StatementFailed(f"not over after {PATIENCE_SECONDS} s: {sql}")

    def table(self, name: str) -> pa.Table:
        """The rows of a table or view, through UNLOAD, which writes microseconds as text alone."""
        place = f"unloaded/{name}-{uuid4().hex}/"
        kinds = self._columns(name)
        columns = ", ".join(
            f'cast("{column}" as varchar) as "{column}"' if kind == "timestamp" else f'"{column}"'
            for column, kind in kinds.items()
        )
        self.run(
            f'unload (select {columns} from "{self.schema}"."{name}") to \'{self.lake_uri}/{place}\' '
            "with (format = 'PARQUET', compression = 'zstd')"
        )
        s3, keys = self.client("s3"), sorted(self.objects(place))
        parts = []
        for key in keys:
            body = s3.get_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}")["Body"].read()
            parts.append(pq.read_table(io.BytesIO(body)))
        self.remove(keys)
        if not parts:
            return pa.table({})
        rows = pa.concat_tables(parts, promote_options="default")
        moments = [
            pa.field(f.name, pa.timestamp("us")) if kinds[f.name] == "timestamp" else f for f in rows.schema
        ]
        return rows.cast(pa.schema(moments))

    def _columns(self, name: str) -> dict[str, str]:
        """The types in Glue of a table's columns, by their names."""
        table = self.client("glue").get_table(DatabaseName=self.schema, Name=name)["Table"]
        return {
            column["Name"]: column["Type"]
            for column in table["StorageDescriptor"]["Columns"]
            # Glue keeps columns that Iceberg dropped.
            if (column.get("Parameters") or {}).get("iceberg.field.current") != "false"
        }

    @contextmanager
    def _environment(self) -> Iterator[None]:
        """Have this process's own clients of the platform go here meanwhile."""
        before = dict(os.environ)
        os.environ.update(self.variables)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
