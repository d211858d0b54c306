"""Build the function's package: the bot, what it needs of the platform, its locked libraries.

    python -m deploy.package --architecture arm64 --out deploy/build

writes `bot-arm64-<digest>.zip`, the same bytes each time, and prints its path. Wheels come from the package
index, checked by the lock's hashes. Bytecode goes along where a Python of the runtime's version is at hand:
Lambda can keep none, so that without it every cold start compiles all it imports.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
"""Lambda's architectures, and the wheels that run there (Amazon Linux 2023 has glibc 2.34)."""

OLDER_PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
"""The same for pip, which wants every one by name."""

RUNTIME = "3.13"
"""Python on Lambda; the template says the same."""

SOURCES = ("chatbot", "spotify_assets/core")
LEFT_OUT_SOURCES = (
    "spotify_assets/core/lake",
    "spotify_assets/core/evaluation",
    "chatbot/cli.py",
    "chatbot/channels/cli.py",
)
"""What only the platform or a terminal needs."""

LEFT_OUT_LIBRARIES = (
    "click", "h11", "markdown_it", "mdurl", "pygments", "rich", "shellingham", "typer", "uvicorn",
)  # fmt: skip
"""Libraries of the command line and of the server, which Lambda has no use for: 9 MB."""

_KEPT = {".py", ".typed", ".html", ".css", ".js", ".svg"}
_DATE = (2020, 1, 1, 0, 0, 0)


def main(arguments: list[str]) -> Path:
    """Build the package that the arguments describe."""
    parser = argparse.ArgumentParser(description="Build the function's package.")
    parser.add_argument("--architecture", choices=PLATFORMS, default="arm64")
    parser.add_argument("--python", default=RUNTIME, help="the runtime's version")
    parser.add_argument("--out", type=Path, required=True, help="the directory it is written to")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory) / "package"
        install(tree, given.architecture, given.python)
        copy_sources(tree)
        if not compile_all(tree, given.python):
            print(f"No python{given.python} here: without bytecode, cold starts are slower", file=sys.stderr)
        return write_zip(tree, given.out, f"bot-{given.architecture}")


def install(tree: Path, architecture: str, python: str) -> None:
    """Put the locked libraries into a directory, built for another machine."""
    lock = ["--require-hashes", "--requirement", str(ROOT / "requirements-bot.lock")]
    wheels = [
        "--quiet",
        "--target",
        str(tree),
        "--only-binary",
        ":all:",
        "--no-deps",
        "--python-version",
        python,
    ]
    uv = [
        str(Path(sys.executable).with_name("uv")),
        "pip",
        "install",
        "--python-platform",
        PLATFORMS[architecture],
    ]
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    for glibc in OLDER_PLATFORMS:
        pip += ["--platform", f"{glibc}_{PLATFORMS[architecture].partition('-')[0]}"]
    # As in the Makefile: uv where it reaches the package index, else pip, which has settings of its own.
    if subprocess.run([*uv, *wheels, *lock], check=False, capture_output=True).returncode:
        shutil.rmtree(tree, ignore_errors=True)
        subprocess.run([*pip, *wheels, *lock], check=True)
    shutil.rmtree(tree / "bin", ignore_errors=True)
    for left_out in LEFT_OUT_LIBRARIES:
        shutil.rmtree(tree / left_out)
    for record in tree.glob("*.dist-info/*"):
        # What says how it was installed rather than what it is.
        if record.name not in ("METADATA", "entry_points.txt"):
            shutil.rmtree(record) if record.is_dir() else record.unlink()


def copy_sources(tree: Path) -> None:
    """Put the project's own files into a directory, those that the bot needs."""
    (tree / "spotify_assets").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "spotify_assets/__init__.py", tree / "spotify_assets/__init__.py")
    for source in SOURCES:
        for file in sorted((ROOT / source).rglob("*")):
            place = file.relative_to(ROOT)
            if file.suffix in _KEPT and not any(place.is_relative_to(left) for left in LEFT_OUT_SOURCES):
                (tree / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, tree / place)


def compile_all(tree: Path, python: str) -> bool:
    """Compile every module; return False where no Python of that version is at hand."""
    found = (sys.executable, shutil.which(f"python{python}"))
    interpreter = next((one for one in found if one and _is(one, python)), None)
    if interpreter is None:
        return False
    # No times, no paths of this machine, and sets in one order: the same bytes each time.
    subprocess.run(
        [interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", tree,
         "-p", "/var/task", "-j", "0", tree],
        check=True, env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    return True


def write_zip(tree: Path, out: Path, name: str) -> Path:
    """Write a directory as `<name>-<digest of its bytes>.zip`: sorted, with one date and one mode for all."""
    out.mkdir(parents=True, exist_ok=True)
    unnamed = out / f".{name}.zip"
    with zipfile.ZipFile(unnamed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for place, file in sorted(_files(tree)):
            entry = zipfile.ZipInfo(place, _DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    digest = hashlib.sha256(unnamed.read_bytes()).hexdigest()[:16]
    return unnamed.replace(out / f"{name}-{digest}.zip")


def _files(tree: Path) -> Iterator[tuple[str, Path]]:
    return ((file.relative_to(tree).as_posix(), file) for file in tree.rglob("*") if file.is_file())


def _is(interpreter: str, python: str) -> bool:
    asked = [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() == python


if __name__ == "__main__":
    print(main(sys.argv[1:]))
