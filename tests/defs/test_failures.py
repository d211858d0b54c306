"""What people are told of a failed step."""

from itertools import pairwise

import dagster as dg
import pytest

from spotify_assets.core.errors import CatalogError
from spotify_assets.defs.failures import reason_of


def reason(*errors: Exception) -> str:
    """Return what is said of a step that raised the first error, caused by the second, and so on."""

    @dg.op
    def step() -> None:
        for error, cause in pairwise(errors):
            error.__cause__ = cause
        raise errors[0]

    @dg.job
    def job() -> None:
        step()

    (failure,) = job.execute_in_process(raise_on_error=False).filter_events(lambda e: e.is_step_failure)
    return reason_of(failure)


def test_an_error_that_explains_itself_is_not_replaced_by_what_caused_it() -> None:
    missing = FileNotFoundError(2, "No such file or directory", "/nowhere")
    assert reason(CatalogError("CATALOG_DATASET=/nowhere cannot be opened"), missing) == (
        "CATALOG_DATASET=/nowhere cannot be opened"
    )


def test_an_explanation_is_found_below_errors_that_wrap_it() -> None:
    wrapped = CatalogError("tracks.parquet is missing")
    assert reason(RuntimeError("loading resources failed"), wrapped, OSError("2")) == str(wrapped)


def test_a_failure_of_dagster_says_what_was_written_for_people() -> None:
    assert reason(dg.Failure("The marts are not whole."), CatalogError("why")) == "The marts are not whole."


@pytest.mark.parametrize("errors", [(ValueError("bad"),), (RuntimeError("outer"), ValueError("bad"))])
def test_of_other_errors_the_first_one_is_told_with_its_class(errors: tuple[Exception, ...]) -> None:
    assert reason(*errors) == "ValueError: bad"
