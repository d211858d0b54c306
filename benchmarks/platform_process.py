"""Starting the platform's programs for a measurement, in a PLATFORM_HOME of their own."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]


def script(name: str) -> str:
    """Return a console script of this virtual environment."""
    return str(Path(sys.executable).with_name(name))


def environment(home: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a platform in `home`, untouched by the caller's settings."""
    foreign = ("DAGSTER_", "DBT_", "CATALOG_", "LAKE_URI", "SERVING_URL", "ROSTER_SIZE", "PLATFORM_HOME")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PLATFORM_HOME": str(home), "DAGSTER_HOME": str(home / "dagster"), **settings}


@dataclass(frozen=True)
class Measured:
    """How long a command took, and how much memory it had at most."""

    seconds: float
    peak_mb: float


def measure(command: list[str], env: Mapping[str, str]) -> Measured:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed; the text has the end of what it said.
    """
    before = time.monotonic()
    # A child's peak is only known for all children so far; a process of its own has just this one.
    probe = (
        "import resource, subprocess, sys\n"
        "code = subprocess.run(sys.argv[1:]).returncode\n"
        "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *command],
        env=dict(env),
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
    peak = re.findall(r"^peak (\d+)$", done.stderr, re.MULTILINE)
    return Measured(time.monotonic() - before, int(peak[-1]) / 1024)


@contextmanager
def running(command: list[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in the background; stop it on leaving."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=dict(env), stdout=file, stderr=file, cwd=PROJECT_ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_text(log: Path, pattern: str, seconds: float = 60) -> re.Match[str]:
    """Wait until a program's log has a line.

    Raises:
        TimeoutError: it never came.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := re.search(pattern, log.read_text(errors="replace")):
            return found
        time.sleep(0.1)
    raise TimeoutError(f"{pattern!r} is not in {log} after {seconds:.0f} s")
