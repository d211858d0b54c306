"""What people ask for: counted once however often it arrives, on its own day however late, in increments."""

from __future__ import annotations

import pytest

from .chat_turns import AGAIN, FIRST, LATER
from .platform import Platform, day

DEMAND = "day, name, asks, unknown_asks, users, answered_share, p95_latency_ms"


class Counted:
    """A home that has read events twice, after each build and as built from nothing."""

    def __init__(self, platform: Platform) -> None:
        platform.observe("chat_turns", FIRST, day(1, 13), source="chat")
        platform.dbt("run", "--select", "tag:chat")
        self.first = platform.query(f"select {DEMAND} from chat_demand order by day, name")
        self.asked_first = platform.query("select name, unknown_asks from chat_unanswered order by rank")

        platform.observe("chat_turns", AGAIN, day(4), source="chat", run_id="again")
        platform.observe("chat_turns", LATER, day(4), source="chat", run_id="second")
        platform.dbt("build", "--select", "tag:chat", "--exclude-resource-type", "unit_test")
        self.second = platform.contents()
        self.demand = platform.query(f"select {DEMAND} from chat_demand order by day, name")
        self.asked = platform.query("select name, unknown_asks from chat_unanswered order by rank")
        platform.dbt("run", "--select", "tag:chat", "--full-refresh")
        self.from_nothing = platform.contents()


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Counted:
    return Counted(Platform(tmp_path_factory.mktemp("chat")))


def test_demand_is_counted_by_day_and_name(counted: Counted) -> None:
    assert counted.first == [
        (day(1).date(), "aespa", 2, 2, 2, 0.0, 9),
        (day(1).date(), "ditto", 1, 0, 1, 1.0, 5),
    ]
    assert counted.asked_first == [("aespa", 2)]


def test_what_arrives_again_or_late_is_counted_once_and_on_its_own_day(counted: Counted) -> None:
    assert counted.demand == [
        (day(1).date(), "aespa", 3, 3, 2, 0.0, 9),
        (day(1).date(), "ditto", 1, 0, 1, 1.0, 5),
        (day(3).date(), "aespa", 1, 0, 1, 1.0, 5),
        (day(3).date(), "뉴진스", 1, 1, 1, 0.0, 5),
    ]


def test_a_name_that_was_answered_since_is_unanswered_no_more(counted: Counted) -> None:
    assert counted.asked == [("뉴진스", 1)]


def test_an_increment_ends_where_a_build_from_nothing_ends(counted: Counted) -> None:
    for model in ("stg_chat_turns", "chat_demand", "chat_unanswered"):
        assert counted.second[model] == counted.from_nothing[model], model
