"""What dbt makes of the project for Athena, without asking it anything; once for all tests that read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.once import made_once

from .platform import run_dbt


def compiled_for_athena(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, str]:
    """The SQL of every model and test, by the file that dbt wrote."""
    directory = made_once(tmp_path_factory, "compiled-for-athena", compile_for_athena)
    return {
        path.relative_to(directory): path.read_text(encoding="utf-8") for path in directory.rglob("*.sql")
    }


def compile_for_athena(directory: Path) -> Path:
    """Compile in this directory; return where the files are. No network is needed, and no credentials."""
    run_dbt(
        "compile", "--target", "athena", "--no-introspect", "--no-populate-cache",
        scratch=directory,
        variables={
            "LAKE_URI": "s3://a-lake",
            "AWS_ACCESS_KEY_ID": "dummy",
            "AWS_SECRET_ACCESS_KEY": "dummy",
            # Nothing listens there: an attempt to reach AWS fails at once.
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        },
    )  # fmt: skip
    return directory / "dbt" / "compiled"
