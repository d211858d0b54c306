"""What the documentation names is there: targets, commands, options, settings, files, columns, links."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import typer
from dotenv import dotenv_values

from chatbot.cli import app as chatbot
from spotify_assets.cli import app as spotify_assets
from spotify_assets.core.settings import PROJECT_ROOT, Settings, load_settings
from tests import documented

PAGES = [PROJECT_ROOT / "README.md", *sorted((PROJECT_ROOT / "docs").glob("*.md"))]
COMMANDS = {"spotify-assets": spotify_assets, "chatbot": chatbot}
SUFFIXES = ("py", "md", "sql", "yml", "yaml", "toml", "lock", "csv", "example", "js", "css")
SKIPPED = (".git", ".venv", ".platform", "target", "__pycache__", "logs")

EACH = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def code_in(page: Path) -> list[str]:
    """What a page sets as code: spans between backticks, and the lines of fenced blocks."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [*re.findall(r"`([^`\n]+)`", prose), *(line for block in blocks for line in block.splitlines())]


@cache
def files() -> dict[str, str]:
    """Every text file of the project by its path, with what it says."""
    found = {}
    for path in PROJECT_ROOT.rglob("*"):
        place = path.relative_to(PROJECT_ROOT)
        if path.is_file() and not set(SKIPPED).intersection(place.parts) and path.stat().st_size < 1_000_000:
            found[place.as_posix()] = path.read_text(encoding="utf-8", errors="ignore")
    return found


@cache
def program_text() -> str:
    """All code and configuration, without the pages themselves and the tests."""
    left_out = ("docs/", "tests/", "README.md", ".env.example")
    return "\n".join(text for path, text in files().items() if not path.startswith(left_out))


@EACH
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for code in code_in(page) for name in re.findall(r"\bmake ([a-z-]+)", code)}
    assert named <= targets


def test_every_make_target_is_in_the_readme_or_in_help() -> None:
    # The tests may themselves run below make, which then says where it goes in and out.
    command = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    makefile = (PROJECT_ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert {line.split()[0] for line in shown.stdout.splitlines()} == set(phony.split())


def options_of(command: typer.core.TyperCommand) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


@EACH
def test_every_command_and_option_exists(page: Path) -> None:
    for code in code_in(page):
        for program, rest in re.findall(
            r"(?<![\w/-])(?:\.venv/bin/)?(spotify-assets|chatbot) ([^|;&#]*)", code
        ):
            words = rest.split()
            command = typer.main.get_command(COMMANDS[program])
            while words and hasattr(command, "commands"):
                name = words.pop(0)
                if not re.fullmatch("[a-z][a-z-]*", name):
                    break  # a sentence about the program, not a command
                assert name in command.commands, f"{code!r} of {page.name}: there is no {program} {name}"
                command = command.commands[name]
            given = {
                re.split("[= ]", word)[0].strip("[]") for word in words if word.strip("[").startswith("--")
            }
            assert given <= options_of(command), f"{code!r} of {page.name}"


@EACH
def test_every_setting_exists(page: Path) -> None:
    settings = {name.upper() for name in Settings.names()}
    named = {
        name for code in code_in(page) for name in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", code)
    }
    unknown = {name for name in named - settings if not name.startswith("AWS_")}
    # Constants, environment variables of the tools, reasons of other services: they are in the code at least.
    assert [name for name in unknown if name not in program_text()] == []


@EACH
def test_every_file_exists(page: Path) -> None:
    suffixes = "|".join(SUFFIXES)
    for code in code_in(page):
        for name in re.findall(rf"(?<![\w./{{}}*$-])((?:[\w.-]+/)*[\w.-]*\.(?:{suffixes}))\b(?!\()", code):
            if "://" in code or "…" in code:
                continue
            assert any(path == name or path.endswith(f"/{name}") for path in files()), f"{page.name}: {name}"


@EACH
def test_every_directory_exists(page: Path) -> None:
    directories = {parent.as_posix() for path in files() for parent in Path(path).parents}
    for code in code_in(page):
        for name in re.findall(r"^\s*((?:[\w.-]+/)+)(?=\s|$)", code):
            found = any(d == name[:-1] or d.endswith(f"/{name[:-1]}") for d in directories)
            # Directories of a platform are made by the code.
            assert found or name[:-1].split("/")[0] in program_text(), f"{page.name}: {name}"


@EACH
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        place, _, anchor = target.partition("#")
        linked = (page.parent / place).resolve() if place else page
        assert linked.exists(), f"{page.name}: {target}"
        headings = (
            re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        )
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs, f"{page.name}: {target}"


def test_every_page_is_in_the_readme() -> None:
    readme = PAGES[0].read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in readme] == []


def test_the_data_page_says_what_records_and_models_say() -> None:
    page = documented.PAGE.read_text(encoding="utf-8")
    assert page == documented.written(page), "write it anew: .venv/bin/python -m tests.documented"


def settings_of_the_example() -> dict[str, str]:
    """The settings of `.env.example`, as the file says them once its lines are no comments any more."""
    text = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def test_the_example_has_every_setting_and_no_other() -> None:
    assert {name.lower() for name in settings_of_the_example()} == set(Settings.names())


def test_the_example_shows_the_defaults_and_can_be_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.names():
        monkeypatch.delenv(name.upper(), raising=False)
    file = tmp_path / ".env"
    text = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    file.write_text(re.sub(r"^# (?=[A-Z][A-Z0-9_]*=)", "", text, flags=re.MULTILINE), encoding="utf-8")
    assert dotenv_values(file) == settings_of_the_example()
    assert load_settings(env_file=file) == load_settings(env_file=None)
