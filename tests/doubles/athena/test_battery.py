"""Expressions mean on the double what Trino's documentation says, or it says that it does not know."""

from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("sqlglot")
pytest.importorskip("moto.server")
pytest.importorskip("pyiceberg.catalog")

from .battery import AGREES, LOUD, SILENT, verdicts


def test_no_expression_is_answered_otherwise_in_silence() -> None:
    judged = list(verdicts())
    assert [verdict for verdict in judged if verdict.outcome == SILENT] == []
    count = Counter(verdict.outcome for verdict in judged)
    assert count[AGREES] >= 255
    assert count[LOUD] <= 49


def test_what_it_cannot_answer_is_no_error_of_athenas() -> None:
    taken_for_refusals = [
        v for v in verdicts() if v.outcome == LOUD and "double does not support" not in v.got
    ]
    assert taken_for_refusals == []
