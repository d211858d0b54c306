"""The loop on S3, Glue, Athena and DynamoDB comes to what the embedded one comes to."""

import re
import subprocess
import sys

import pytest

from spotify_assets.core.settings import PROJECT_ROOT
from tests.end_to_end.athena import AT_ONCE

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1500)]


def test_make_athena_ends_with_equal_marts_and_answers() -> None:
    for library in ("moto.server", "pyiceberg.catalog", "dbt.adapters.athena"):
        pytest.importorskip(library, reason=f"the loop on Athena needs {library}, which the dev extra brings")
    done = subprocess.run(
        [sys.executable, "-m", "tests.end_to_end.athena"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, encoding="utf-8", timeout=1400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    for name in AT_ONCE:
        assert done.stdout.count(f"{name}: answered") == 2, "embedded and on AWS"
        assert f"the answer to {name}" in done.stdout
    assert re.search(r"artist_similarity: [1-9]\d* rows, largest difference \d\.\de[-+]\d\d", done.stdout)
    assert re.search(r"[1-9]\d* documents of artists", done.stdout)
    assert "SERVING_URL=dynamodb://" in done.stdout
    assert re.search(r"equal\. [1-9]\d* statements were sent to Athena, [1-9]\d* of them UNLOAD", done.stdout)
