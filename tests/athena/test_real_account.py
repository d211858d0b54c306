"""The project on a real AWS account, as on the double; only with `-m aws` and an account (`loan.py`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("dbt.adapters.athena", reason="the project is built by dbt-athena")

from tests.dbt.platform import Platform
from tests.end_to_end.athena import both_loops
from tests.homes import copy_home

from .loan import Loan, NotConfigured
from .project import Project, differences
from .starting_point import starting_point

pytestmark = [pytest.mark.aws, pytest.mark.timeout(3600)]


@contextmanager
def borrowed(request: pytest.FixtureRequest) -> Iterator[Loan]:
    """A part of the account, given back whatever happens meanwhile."""
    try:
        loan = Loan.asked_for(os.environ)
        _say(request, str(loan))
        loan.take()
    except NotConfigured as lack:
        pytest.skip(str(lack))
    try:
        yield loan
    finally:
        left = loan.give_back()
        _say(request, "\n".join(left) or "Everything is removed.")
    assert left == []


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Project]:
    """Every stage, once."""
    with borrowed(request) as loan:
        built = starting_point(tmp_path_factory)
        home = tmp_path_factory.mktemp("aws") / "home"
        copy_home(built.platform.home, home)
        project = Project(Platform(home), loan.account)
        project.all_stages(built.tables)
        yield project


def _say(request: pytest.FixtureRequest, text: str) -> None:
    """Tell the person who runs it, whatever pytest captures."""
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{text}", flush=True)


@pytest.mark.parametrize("stage", ["build", "increment", "purge"])
def test_the_marts_are_those_of_duckdb(project: Project, stage: str) -> None:
    assert differences(project.stages[stage]) == []


def test_every_stage_is_green(project: Project) -> None:
    for name, stage in project.stages.items():
        print(f"{name}: {stage.seconds:.0f} s")
        assert set(stage.results.values()) <= {"success", "pass", "no-op", "warn"}, name


def test_the_loop_from_question_to_answer_is_the_embedded_one(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with borrowed(request) as loan:
        account = loan.account
        for name, value in account.variables.items():
            monkeypatch.setenv(name, value)
        took = both_loops(
            tmp_path,
            {
                "LAKE_URI": account.lake_uri,
                "ATHENA_SCHEMA": account.schema,
                "ATHENA_RAW_SCHEMA": account.raw_schema,
                "ATHENA_WORK_GROUP": account.work_group,
                "SERVING_URL": loan.serving_url,
            },
        )
    print(", ".join(f"{name} loop {seconds:.0f} s" for name, seconds in took.items()))
