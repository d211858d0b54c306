"""`spotify-assets`: what each command does, and what it says when it cannot."""

from __future__ import annotations

import logging
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy

from spotify_assets.core.names import name_key
from spotify_assets.core.store import Priority, State
from spotify_assets.defs.marts.warehouse import sole_use
from spotify_assets.runs import interruptions_told_once
from tests.commands.conftest import Terminal, in_one_sentence, wait_for


def test_a_selection_materialises_just_that(shared: Terminal) -> None:
    done = shared.run("spotify-assets", "materialize", "raw_artists")
    assert done.returncode == 0, done.stderr
    assert "raw_artists (192 rows)" in done.stdout
    assert "raw_tracks" not in done.stdout
    assert "Done: 1 steps" in done.stdout


@pytest.mark.parametrize("selection", ["raw_artist", "group:nothing", "raw_artists and ("])
def test_a_wrong_selection_names_what_there_is(shared: Terminal, selection: str) -> None:
    sentence = in_one_sentence(shared.run("spotify-assets", "materialize", selection), 2)
    assert repr(selection) in sentence
    for asset in ("raw_artists", "similarity_model", "serving_documents"):
        assert asset in sentence


def test_a_step_that_fails_exits_1_with_its_reason_and_without_a_traceback(
    shared: Terminal, tmp_path: Path
) -> None:
    done = shared.run("spotify-assets", "materialize", "serving_documents", LAKE_URI=str(tmp_path / "lake"))
    assert done.returncode == 1
    assert "FAILED serving_documents" in done.stdout
    run, step = done.stderr.splitlines()
    assert "of build failed" in run
    assert step.startswith("serving_documents: There are no marts yet")
    assert "Traceback" not in done.stdout


def test_a_step_that_needs_more_memory_says_which_variable_gives_it(shared: Terminal) -> None:
    done = shared.run("spotify-assets", "materialize", "track_similarity", DUCKDB_MEMORY_LIMIT="8MB")
    assert done.returncode == 1
    assert "Out of Memory Error" in done.stderr
    assert "What to do: let DuckDB use more memory, with the variable DUCKDB_MEMORY_LIMIT=8GB" in done.stderr


def test_a_run_that_is_stopped_says_so_and_lets_the_next_one_in(built: Terminal) -> None:
    process = built.start("spotify-assets", "materialize", "stg_artists__by_source")
    assert process.stdout and process.stderr
    marks = built.home / "running"
    before = set(marks.glob("*"))
    wait_for("the run", lambda: set(marks.glob("*")) - before)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=150)
    assert process.returncode == 1
    assert "dbt_staging: it was interrupted" in said
    assert "Traceback" not in said
    assert built.run("spotify-assets", "materialize", "raw_artists").returncode == 0


def test_ctrl_c_is_told_without_a_traceback_of_anybody(shared: Terminal) -> None:
    with sole_use(shared.settings, "somebody", print):
        process = shared.start("spotify-assets", "materialize", "stg_artists__by_source")
        wait_for("what follows its output", lambda: any("watch_orphans" in one for one in shared.processes()))
        time.sleep(1)  # or that would be ended before it can say anything
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=150)
    assert process.returncode == 1
    assert "dbt_staging: it was interrupted" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("interruption", [dg.DagsterExecutionInterruptedError, KeyboardInterrupt])
def test_an_interruption_while_a_connection_is_closed_is_told_once(
    interruption: type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(connection: object) -> None:
        raise interruption

    # As outside of pytest: what is logged goes to the terminal.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.NullPool)
    with interruptions_told_once(), monkeypatch.context() as closing:
        closing.setattr(engine.dialect, "do_close", interrupted)
        with pytest.raises(interruption):
            engine.connect().close()
        logging.getLogger("sqlalchemy.pool").error("told")
    logging.getLogger("sqlalchemy.pool").error("told too", exc_info=interruption())
    first, *rest = capsys.readouterr().err.splitlines()
    assert first == "told"
    assert rest[0] == "told too"
    assert interruption.__name__ in rest[-1], "whatever is no run logs as ever"


def test_names_and_ids_are_refreshed_and_what_is_not_found_is_named(shared: Terminal) -> None:
    answers = shared.store.answers
    assert answers.find(name_key("잔나비")) == []
    names = ("잔나비", "sample-artist-nirvana-uk", "Nobody Else")
    done = shared.run("spotify-assets", "refresh", *names)
    assert done.returncode == 1, "one of the three was not found"
    assert "JANNABI: answered, with 20 similar artists" in done.stdout
    assert "Nirvana: answered" in done.stdout
    assert "Nobody Else: not found" in done.stdout
    assert answers.find(name_key("잔나비"))
    assert answers.artist("sample-artist-nirvana-uk")
    assert shared.store.requests.get(name_key("잔나비")).state is State.DONE  # type: ignore[union-attr]


def test_what_cannot_be_refreshed_is_named_and_nothing_runs(shared: Terminal) -> None:
    names = ("Nobody By This Name", "Nirvana", "LISA", "[/bold]:smile:\x1b]0;x\x07")
    before = len(list((shared.home / "running").glob("*")))
    done = shared.run("spotify-assets", "refresh", *names)
    assert done.returncode == 1
    nobody, nirvana, lisa, odd = done.stdout.splitlines()
    assert nobody == "Nobody By This Name: not found; sample knows no artist of that name"
    assert nirvana.startswith("Nirvana: ambiguous") and lisa.startswith("LISA: ambiguous")
    assert "sample-artist-nirvana)" in nirvana and "sample-artist-nirvana-uk)" in nirvana
    assert odd.startswith("[/bold]:smile:�]0;x�: not found"), (
        "typed text is shown as it is, and steers nothing"
    )
    assert len(list((shared.home / "running").glob("*"))) == before


def test_a_name_that_must_wait_says_until_when_and_why(shared: Terminal) -> None:
    requests, now = shared.store.requests, datetime.now(UTC)
    key = name_key("혁오")
    requests.ask(key, "혁오", now)
    requests.claim([key], "a-run-that-died", now, now + timedelta(minutes=1))
    requests.give_back("a-run-that-died", now, "the power went", 4, now + timedelta(hours=2))
    done = shared.run("spotify-assets", "refresh", "혁오")
    assert done.returncode == 1
    until = now + timedelta(hours=2)
    assert f"HYUKOH: parked until {until:%Y-%m-%d %H:%M} UTC: the power went" in done.stdout


def test_names_and_ids_of_a_file_join_the_roster(shared: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    text = (
        "# the ones to add\n\nSigur Rós   # by name\nsample-artist-aespa\nNobody Known\n  새소년\nNirvana\n"
    )
    file.write_text(text, encoding="utf-8")
    before = sum(shared.store.roster.counts().values())
    done = shared.run("spotify-assets", "roster", "add", str(file))
    assert done.returncode == 1, "two lines name nobody, or not one artist"
    assert "Nobody Known: not found" in done.stdout
    assert "Nirvana: ambiguous" in done.stdout
    assert done.stdout.splitlines()[-1] == "2 artists are new on the roster, 1 were on it"
    assert sum(shared.store.roster.counts().values()) == before + 2

    file.write_text("aespa\n", encoding="utf-8")
    assert shared.run("spotify-assets", "roster", "add", str(file)).returncode == 0
    assert shared.store.roster.counts()[Priority.LISTED] > 190


@pytest.mark.parametrize("content", [None, b"caf\xe9\n"], ids=["missing", "not UTF-8"])
def test_a_roster_that_cannot_be_read_is_named(
    shared: Terminal, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "names.txt"
    if content:
        file.write_bytes(content)
    sentence = in_one_sentence(shared.run("spotify-assets", "roster", "add", str(file)), 1)
    assert f"{file} cannot be read as UTF-8 text" in sentence


def test_requests_shows_who_waits_and_what_happened(empty: Terminal) -> None:
    assert "Nobody has asked" in empty.run("spotify-assets", "requests").stdout
    requests, now = empty.store.requests, datetime.now(UTC)
    requests.ask("a", "[red]A[/red] \x1b[2J", now)
    requests.ask("a", "A", now)
    requests.ask("b", "B", now)
    requests.claim(["b"], "run", now, now + timedelta(minutes=1))
    requests.finish("b", "run", State.NOT_FOUND, now, "sample knows no artist called 'B'")
    shown = empty.run("spotify-assets", "requests", COLUMNS="200").stdout
    assert "[red]A[/red] �[2J" in shown
    assert "\x1b" not in shown
    (b,) = [line for line in shown.splitlines() if line.startswith("B ")]
    assert "not_found" in b and "sample knows no artist called 'B'" in b
    assert len(empty.run("spotify-assets", "requests", "--limit", "1").stdout.splitlines()) == 2


def test_status_tells_where_everything_lies_before_and_after_a_build(
    empty: Terminal, shared: Terminal
) -> None:
    before = empty.run("spotify-assets", "status")
    assert before.returncode == 0, before.stderr
    for words in (str(empty.home / "lake"), "none yet: spotify-assets materialize", "0 artists, 0 songs"):
        assert words in before.stdout
    after = shared.run("spotify-assets", "status").stdout
    assert "none yet" not in after
    assert "(0 asked, " not in after, "an artist that was asked for is kept fresh"


def test_status_never_shows_a_password(empty: Terminal) -> None:
    # Both places where an address may hold one; nobody listens there, so the complaint shows the address.
    for url in (
        "postgresql+psycopg://user:hush-hush@127.0.0.1:1/db",
        "postgresql+psycopg://user@127.0.0.1:1/db?password=hush-hush",
        "mysql+pymysql://user:hush-hush@127.0.0.1:1/db",
    ):
        done = empty.run("spotify-assets", "status", SERVING_URL=url)
        assert done.returncode == 1
        assert "127.0.0.1" in done.stderr
        assert "hush-hush" not in done.stdout + done.stderr


def test_a_terminal_that_is_not_utf_8_is_written_to_all_the_same(empty: Terminal) -> None:
    empty.store.requests.ask("에스파", "에스파", datetime.now(UTC))
    done = empty.run("spotify-assets", "requests", PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "pending" in done.stdout
