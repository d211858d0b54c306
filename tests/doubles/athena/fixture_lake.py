"""A tiny lake for the fixture project: plays in Parquet by day, events in JSON, and their tables in Glue."""

from __future__ import annotations

import datetime as dt
import io
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq

from . import hive
from .client import Client

PLAYS = [
    ("track_id", "string"),
    ("user_id", "string"),
    ("played_at", "timestamp"),
    ("ms_played", "bigint"),
    ("artists", "array<string>"),
    ("genre_id", "int"),
]
PLAYS_A_DAY = 200


def create(client: Client) -> None:
    """The bucket, the database and its two tables; plays are projected, so that a new day is seen at once."""
    client.s3.create_bucket(Bucket="lake")
    client.glue.create_database(DatabaseInput={"Name": "raw"})
    projection = {
        "EXTERNAL": "TRUE",
        "projection.enabled": "true",
        "projection.dt.type": "date",
        "projection.dt.format": "yyyy-MM-dd",
        "projection.dt.range": "2020-01-01,NOW+1DAY",
    }
    table(client, "plays", PLAYS, "parquet", projection, [{"Name": "dt", "Type": "string"}])
    table(client, "events_json", [("id", "bigint"), ("payload", "string")], "json", {"EXTERNAL": "TRUE"}, [])
    events = [
        json.dumps({"id": n, "payload": json.dumps({"device": {"name": "phone" if n % 2 else "desk"}})})
        for n in range(10)
    ]
    client.s3.put_object(Bucket="lake", Key="raw/events_json/a.json", Body="\n".join(events).encode())


def table(
    client: Client,
    name: str,
    columns: list[tuple[str, str]],
    form: str,
    parameters: dict[str, str],
    keys: list[dict[str, str]],
) -> None:
    """A table of the database raw over `s3://lake/raw/<name>/`."""
    client.glue.create_table(
        DatabaseName="raw",
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters,
            "PartitionKeys": keys,
            "StorageDescriptor": hive.descriptor(columns, f"s3://lake/raw/{name}/", form),
        },
    )


def put_day(client: Client, day: dt.date) -> None:
    """One day of plays, drawn from the day."""
    drawn = random.Random(day.toordinal())
    times = [dt.time(drawn.randrange(24), drawn.randrange(60)) for _ in range(PLAYS_A_DAY)]
    plays = pa.table(
        {
            "track_id": [f"t{drawn.randrange(30)}" for _ in times],
            "user_id": [f"u{drawn.randrange(15)}" for _ in times],
            "played_at": pa.array([dt.datetime.combine(day, t) for t in times], pa.timestamp("us")),
            "ms_played": [drawn.choice([0, 1000, 30000, 200000]) for _ in times],
            "artists": [[f"a{drawn.randrange(9)}", f"a{drawn.randrange(9)}"] for _ in times],
            "genre_id": pa.array([drawn.randrange(1, 4) for _ in times], pa.int32()),
        }
    )
    out = io.BytesIO()
    pq.write_table(plays, out)
    client.s3.put_object(Bucket="lake", Key=f"raw/plays/dt={day}/part-0.parquet", Body=out.getvalue())
