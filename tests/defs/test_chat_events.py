"""What people ask for, in Dagster: from the bot's stream to the names that nobody could answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from spotify_assets.core.event_stream import FileDestination, open_stream
from spotify_assets.core.events import to_line
from spotify_assets.core.records import ChatEvent
from spotify_assets.definitions import build_defs
from tests.defs.conftest import Graph, metadata_of, sample_platform

NOW = datetime.now(UTC)


def event(number: int, query: str | None, outcome: str, user: str = "ab" * 16) -> ChatEvent:
    at = NOW - timedelta(minutes=number)
    return ChatEvent(f"e{number}", at, user, "web", query, outcome, None, number, False, None)


TURNS = [
    *(event(number, "nobodyyet", "pending", f"{number:032x}") for number in range(5)),
    event(10, "에스파", "artist"),
    event(11, "onceasked", "not_found"),
    event(12, None, "help"),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Graph, dg.ExecuteInProcessResult]:
    """A platform that knows nothing but what the bot told, and the run that read it."""
    platform = sample_platform(tmp_path_factory.mktemp("told") / "home")
    stream = open_stream(platform.settings)
    for turn in TURNS:
        stream.emit(partial(to_line, turn))
    stream.close(timeout=60)
    with dg.DagsterInstance.ephemeral() as instance:
        graph = Graph(platform, instance)
        return graph, graph.run("chat_events")


def test_what_the_bot_told_is_counted_without_a_catalogue(
    told: tuple[Graph, dg.ExecuteInProcessResult],
) -> None:
    graph, result = told
    assert result.success
    assert graph.rows("select name, asks, users from chat_demand order by asks desc, name") == [
        ("nobodyyet", 5, 5),
        ("onceasked", 1, 1),
        ("에스파", 1, 1),
    ]


def test_the_most_asked_unknown_names_are_visible_in_dagster(
    told: tuple[Graph, dg.ExecuteInProcessResult],
) -> None:
    _, result = told
    shown = {
        e.asset_key.to_user_string(): e.materialization.metadata
        for e in result.get_asset_materialization_events()
        if e.asset_key
    }
    _, _, first, second = shown["chat_unanswered"]["preview"].value.splitlines()
    assert first.startswith("| nobodyyet | 5 |")
    assert second.startswith("| onceasked | 1 |")
    assert shown["chat_demand"]["dagster/row_count"].value == 3


def test_the_raw_asset_tells_what_came_and_not_who_asked(
    told: tuple[Graph, dg.ExecuteInProcessResult],
) -> None:
    graph, result = told
    shown = metadata_of(result, "raw_chat_events")
    assert (shown["dagster/row_count"], shown["files"], shown["set aside"]) == (8, 1, 0)
    assert shown["the bot writes to"] == str(Path(graph.platform.settings.lake_uri) / "raw/chat_events")
    assert "nobodyyet" in shown["preview"]
    assert "user_hash" not in shown["preview"] and "ab" * 16 not in shown["preview"]


def test_where_events_are_off_it_is_shown_and_nothing_fails(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        graph = Graph(sample_platform(tmp_path / "home", events_url="off"), instance)
        result = graph.run("chat_events", asset_selection=[dg.AssetKey("raw_chat_events")])
    assert result.success
    shown = metadata_of(result, "raw_chat_events")
    assert (shown["the bot writes to"], shown["dagster/row_count"], shown["newest event"]) == (
        "off",
        0,
        "none",
    )


def test_a_stream_of_something_else_fails_its_check_and_what_is_good_is_kept(tmp_path: Path) -> None:
    platform = sample_platform(tmp_path / "home")
    FileDestination(Path(platform.settings.events_url)).put([b"<html>\n"] * 9)
    stream = open_stream(platform.settings)
    stream.emit(partial(to_line, event(1, "aespa", "pending")))
    stream.close(timeout=60)
    with dg.DagsterInstance.ephemeral() as instance:
        result = Graph(platform, instance).run(
            "chat_events", asset_selection=[dg.AssetKey("raw_chat_events")]
        )
    [check] = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("contract", False)
    assert check.metadata["share"].value == 0.9
    assert platform.lake.row_count("chat_turns") == 1
    assert "9 × not JSON" in metadata_of(result, "raw_chat_events")["set aside by reason"]


def test_a_refresh_does_not_wait_for_chat_events() -> None:
    definitions = build_defs()
    in_refresh = definitions.resolve_job_def("refresh").asset_layer.executable_asset_keys
    of_chat = {"raw_chat_events", "stg_chat_turns", "chat_demand", "chat_unanswered"}
    assert not {*of_chat, "artist_companions"} & {key.to_user_string() for key in in_refresh}
    assert dg.AssetKey("artist_similarity") in in_refresh
    in_chat = definitions.resolve_job_def("chat_events").asset_layer.executable_asset_keys
    assert {key.to_user_string() for key in in_chat} == of_chat


def test_a_stream_that_cannot_be_read_keeps_nobody_from_publishing() -> None:
    graph = build_defs().resolve_asset_graph()
    waiting = dg.AssetSelection.assets("raw_chat_events").downstream(include_self=False).resolve(graph)
    assert {key.to_user_string() for key in waiting} == {"stg_chat_turns", "chat_demand", "chat_unanswered"}
