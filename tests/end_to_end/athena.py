"""`make athena`: the loop of `make demo` twice, embedded and on the AWS doubles, and what came of both compared.

    python -m tests.end_to_end.athena [SERVING_URL]

It proves the way through the real clients, the real dbt-athena and Dagster, and that both engines say the
same; not that AWS does what the doubles do (tests/doubles/athena/README.md).
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
from rich.console import Console

from spotify_assets.core.settings import PROJECT_ROOT, Settings, load_settings
from spotify_assets.core.store import ServingStore, open_store
from spotify_assets.defs.marts.warehouse import MARTS, open_warehouse, sole_use
from spotify_assets.demo import KNOWN
from spotify_assets.processes import program
from tests.doubles.athena.process import athena_process

CLOSE = 1e-9
"""How far floats may differ: engines add them in different orders."""

BUCKET, WORK_GROUP, SCAN_LIMIT = "spotify-assets-loop", "spotify-assets", 10 * 2**30
STORE = "dynamodb://spotify-assets-loop"
"""Where the loop on AWS keeps its answers, unless an address is given."""

PATIENCE = 900
"""Seconds that the loop on the doubles may take; on a busy machine they are slow."""

AT_ONCE = ("JANNABI", "Jaurim")
"""Two artists that no loop has asked for."""

out = Console(highlight=False, soft_wrap=True, markup=False)


@dataclass(frozen=True)
class Platform:
    """One platform: where it lives, and the variables that make it."""

    name: str
    home: Path
    variables: Mapping[str, str]

    def machine(self, name: str) -> Platform:
        """The platform as another machine has it: with a home of its own, unless that is where everything lies."""
        shares = "LAKE_URI" in self.variables
        return replace(self, home=self.home.with_name(f"{self.home.name}-{name}")) if shares else self

    @property
    def settings(self) -> Settings:
        """Its settings, for this process to look at it."""
        names = {name.lower(): value for name, value in self.variables.items()}
        known = {name: value for name, value in names.items() if name in Settings.names()}
        unset = dict.fromkeys(Settings.names(), "")
        return load_settings(**{**unset, **known, "platform_home": str(self.home)})

    def start(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """Start a program on it, its words shown as they come."""
        # Nothing of the person who runs this: neither what is set nor what stands in `.env`.
        unset = {name.upper(): "" for name in Settings.names()}
        own = {**self.variables, "PLATFORM_HOME": str(self.home), "PYTHONUTF8": "1"}
        return subprocess.Popen(
            [*command], env={**os.environ, **unset, **own}, cwd=PROJECT_ROOT, text=True, **options
        )

    def run(self, *command: str, **options: Any) -> str:
        """Run a program on it; what it says where that is asked for."""
        with self.start(*command, **options) as process:
            said, _ = process.communicate()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return said

    def answer(self, text: str) -> dict[str, Any]:
        """What the bot answers."""
        said = self.run(program("chatbot"), "ask", "--json", text, stdout=subprocess.PIPE)
        answer: dict[str, Any] = json.loads(said)
        return answer


@dataclass(frozen=True)
class Compared:
    """What comparing came to."""

    rows: int
    largest_difference: float


class DifferenceError(AssertionError):
    """The two platforms do not say the same."""


def main() -> None:
    """Run both loops and compare; exit 0 when marts and answers are equal."""
    started, directory = time.monotonic(), Path(tempfile.mkdtemp(prefix="spotify-assets-athena-"))
    try:
        with aws_doubles(directory) as variables:
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_RETRY_MODE"):
                os.environ.pop(name, None)
            os.environ.update(variables)
            took = both_loops(
                directory,
                {
                    "LAKE_URI": f"s3://{BUCKET}/music",
                    "ATHENA_WORK_GROUP": WORK_GROUP,
                    "SERVING_URL": sys.argv[1] if len(sys.argv) > 1 else STORE,
                },
            )
            sent = [json.loads(line) for line in (directory / "statements.jsonl").read_text().splitlines()]
            unloads = sum(entry["kind"] == "UNLOAD" for entry in sent)
            out.print(f"  equal. {len(sent)} statements were sent to Athena, {unloads} of them UNLOAD")
    except (DifferenceError, subprocess.CalledProcessError) as error:
        out.print(f"\nFAILED: {error}\nIts files are in {directory}")
        sys.exit(1)
    shutil.rmtree(directory)
    times = ", ".join(f"{name} loop {seconds:.0f} s" for name, seconds in took.items())
    out.print(f"\nTimings: {times}, all {time.monotonic() - started:.0f} s")


def both_loops(directory: Path, aws: Mapping[str, str]) -> dict[str, float]:
    """Run the loop embedded and with the settings `aws`, compare them; the seconds each took.

    Raises:
        DifferenceError: they differ.
        subprocess.CalledProcessError: a loop failed.
    """
    embedded = Platform("embedded", directory / "embedded", {})
    on_aws = Platform("AWS", directory / "aws", {"DBT_TARGET": "athena", **aws})
    took = {platform.name: loop(platform) for platform in (embedded, on_aws)}
    for platform in (embedded, on_aws):
        refresh_at_once(platform)
    report(embedded, on_aws)
    return took


@contextmanager
def aws_doubles(directory: Path) -> Iterator[dict[str, str]]:
    """S3, Glue, DynamoDB and Athena in a process of their own, with a bucket and a work group that has a scan limit."""
    with athena_process(directory) as found:
        made = {"region_name": found["AWS_REGION"], "endpoint_url": found["AWS_ENDPOINT_URL"]}
        keys = {name.lower(): found[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        boto3.client("s3", **made, **keys).create_bucket(Bucket=BUCKET)
        boto3.client("athena", **made, **keys).create_work_group(
            Name=WORK_GROUP,
            Configuration={
                "BytesScannedCutoffPerQuery": SCAN_LIMIT,
                # What dbt and we ask for holds: both name a place for every result.
                "EnforceWorkGroupConfiguration": False,
            },
        )
        yield found


def loop(platform: Platform) -> float:
    """Run the demo's loop on a platform; return the seconds it took."""
    out.print(f"\n══ {platform.name}: {' '.join(f'{k}={v}' for k, v in platform.variables.items())}")
    started = time.monotonic()
    platform.run(sys.executable, "-m", "spotify_assets.demo", "--patience", str(PATIENCE))
    return time.monotonic() - started


def refresh_at_once(platform: Platform) -> None:
    """Refresh two artists from two machines at the same moment.

    Raises:
        DifferenceError: one of them was not answered.
    """
    machines = {name: platform.machine(name) for name in AT_ONCE}
    out.print(f"\n══ {platform.name}: refreshes of {' and '.join(AT_ONCE)} at once")
    running = {
        name: machine.start(program("spotify-assets"), "refresh", name, stdout=subprocess.PIPE)
        for name, machine in machines.items()
    }
    for name, process in running.items():
        said, _ = process.communicate(timeout=PATIENCE)
        out.print(f"  {said.strip().splitlines()[-1]}")
        if process.returncode or f"{name}: answered" not in said:
            raise DifferenceError(f"{platform.name}: of two refreshes at once, that of {name} said: {said}")


def report(embedded: Platform, on_aws: Platform) -> None:
    """Compare what both came to, and say what was compared.

    Raises:
        DifferenceError: they differ.
    """
    out.print("\n══ Compared")
    wanted, found = marts_of(embedded.settings), marts_of(on_aws.settings)
    for mart in MARTS:
        result = compare_rows(mart, wanted[mart], found[mart])
        out.print(f"  {mart}: {result.rows} rows, largest difference {result.largest_difference:.1e}")
    stores = [open_store(platform.settings) for platform in (embedded, on_aws)]
    for kind in ("artist", "track"):
        documents = compare("documents", *(documents_of(store, kind) for store in stores))
        out.print(f"  {documents.rows} documents of {kind}s")
    asked = [request.query for request in stores[0].requests.all()]
    for name in (KNOWN, *asked):
        compare(f"answers to {name}", {name: embedded.answer(name)}, {name: on_aws.answer(name)})
        out.print(f"  the answer to {name}")


def marts_of(settings: Settings) -> dict[str, pa.Table]:
    """What the warehouse holds of every mart."""
    with sole_use(settings, "make athena", out.print), open_warehouse(settings).connect() as marts:
        return {mart: marts.sql(f"select * from {mart}").to_arrow_table() for mart in MARTS}


def documents_of(store: ServingStore, kind: Any) -> dict[str, Any]:
    """Every document of a kind by its id, without what names the run that fitted the model."""
    read = store.answers.artist if kind == "artist" else store.answers.track
    documents = {identifier: asdict(read(identifier)) for identifier in store.answers.versions(kind)}
    return {identifier: {**body, "model_version": None} for identifier, body in documents.items()}


def compare_rows(mart: str, wanted: pa.Table, found: pa.Table) -> Compared:
    """Compare a mart of both, row for row; when and by which model a row was made is not compared.

    Raises:
        DifferenceError: they differ.
    """
    columns = [
        field.name
        for field in wanted.schema
        if not pa.types.is_timestamp(field.type) and field.name != "model_version"
    ]
    if missing := set(wanted.schema.names) ^ set(found.schema.names):
        raise DifferenceError(f"{mart}: only one of them has the columns {', '.join(sorted(missing))}")
    if wanted.num_rows != found.num_rows:
        raise DifferenceError(f"{mart}: {wanted.num_rows} rows embedded, {found.num_rows} on AWS")
    keys = [name for name in ("artist_id", "track_id", "rank", "alias") if name in columns]

    def rows(table: pa.Table) -> dict[str, Any]:
        found = sorted(table.select(columns).to_pylist(), key=lambda row: [str(row[key]) for key in keys])
        return {str(place): row for place, row in enumerate(found)}

    return compare(mart, rows(wanted), rows(found))


def compare(what: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Compared:
    """Compare values under their names, floats within 1e-9.

    Raises:
        DifferenceError: they differ; naming the first that does.
    """
    if wanted.keys() != found.keys():
        some = sorted(wanted.keys() ^ found.keys())[:5]
        raise DifferenceError(f"{what}: only one of them has {', '.join(some)}")
    largest = 0.0
    for name, value in wanted.items():
        largest = max(largest, _difference(f"{what}[{name}]", value, found[name]))
    return Compared(len(wanted), largest)


def _difference(where: str, one: Any, other: Any) -> float:
    if isinstance(one, float) and isinstance(other, float):
        if not math.isclose(one, other, rel_tol=0, abs_tol=CLOSE):
            raise DifferenceError(f"{where}: {one!r} embedded, {other!r} on AWS")
        return abs(one - other)
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return max((_difference(f"{where}.{key}", one[key], other[key]) for key in one), default=0.0)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = zip(one, other, strict=True)
        return max((_difference(f"{where}[{n}]", *pair) for n, pair in enumerate(pairs)), default=0.0)
    if one != other:
        raise DifferenceError(f"{where}: {one!r} embedded, {other!r} on AWS")
    return 0.0


if __name__ == "__main__":
    main()
