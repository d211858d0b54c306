"""A wrong setting stops every command with one sentence that names it and says what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Terminal, in_one_sentence

COMMANDS = [
    ("spotify-assets", "status"),
    ("spotify-assets", "materialize"),
    ("spotify-assets", "refresh", "aespa"),
    ("spotify-assets", "purge", "--expired"),
    ("python", "-m", "spotify_assets.demo"),
    ("python", "-m", "spotify_assets.dev"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_names_a_wrong_setting_and_exits_2(empty: Terminal, command: tuple[str, ...]) -> None:
    done = empty.run(*command, ROSTER_SIZE="many")
    said = done.stderr + done.stdout
    assert done.returncode == 2
    assert len(said.splitlines()) == 1
    assert "ROSTER_SIZE=many" in said
    assert not empty.home.exists(), "it was refused before anything was made"


def test_two_wrong_settings_are_both_named(empty: Terminal) -> None:
    done = empty.run("spotify-assets", "status", CATALOG_SOURCE="tape", MAX_BAD_SHARE="7")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert [line.split("=")[0] for line in lines] == ["CATALOG_SOURCE", "MAX_BAD_SHARE"]
    assert "'sample', 'dataset' or 'spotify'" in lines[0]
    assert "1 or less" in lines[1]


@pytest.mark.parametrize("command", [("status",), ("docs",)], ids=" ".join)
def test_a_home_below_a_file_cannot_be_written_and_says_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("")
    terminal = Terminal(tmp_path / "file" / "home")
    sentence = in_one_sentence(terminal.run("spotify-assets", *command), 2)
    assert sentence.startswith(f"PLATFORM_HOME={terminal.home} cannot be written")
    assert "name a directory" in sentence


def test_a_dagster_home_of_somebody_else_is_left_alone(empty: Terminal) -> None:
    theirs = empty.home / "dagster" / "dagster.yaml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("telemetry: {enabled: false}\n")
    sentence = in_one_sentence(empty.run("spotify-assets", "materialize"), 2)
    assert str(theirs) in sentence
    assert theirs.read_text() == "telemetry: {enabled: false}\n"


def test_a_file_where_dagsters_directory_goes_is_named(empty: Terminal) -> None:
    empty.home.mkdir()
    (empty.home / "dagster").write_text("mine")
    sentence = in_one_sentence(empty.run("spotify-assets", "materialize"), 2)
    assert str(empty.home / "dagster") in sentence
    assert (empty.home / "dagster").read_text() == "mine"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"LAKE_URI": "/dev/null"}, 1, ["LAKE_URI=/dev/null is a file", "name a directory"]),
        ({"SERVING_URL": "dynamodb://prefix", "AWS_EC2_METADATA_DISABLED": "true"}, 1, ["AWS credentials"]),
        ({"SERVING_URL": "postgresql+psycopg://u:hidden@127.0.0.1:1/x"}, 1, ["serving store", "127.0.0.1"]),
    ],
    ids=["a file", "DynamoDB", "nobody there"],
)
def test_a_place_that_is_not_there_is_explained_without_its_password(
    empty: Terminal, changes: dict[str, str], code: int, words: list[str]
) -> None:
    sentence = in_one_sentence(empty.run("spotify-assets", "status", **changes), code)
    assert all(word in sentence for word in words)
    assert "hidden" not in sentence


def test_a_dataset_that_is_not_there_names_the_setting(empty: Terminal, tmp_path: Path) -> None:
    changes = {"CATALOG_SOURCE": "dataset", "CATALOG_DATASET": str(tmp_path / "nowhere")}
    sentence = in_one_sentence(empty.run("spotify-assets", "refresh", "aespa", **changes), 1)
    assert f"CATALOG_DATASET={tmp_path / 'nowhere'} cannot be opened" in sentence
    assert "artists.parquet" in sentence
