"""Statements through ANTLR's grammars of Trino and Hive, in Node.

Here: which grammar Athena reads a statement with, and what the grammar says. Not here: what a name or a type
means, which only the double of Athena looks at.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.doubles.athena.functions import FUNCTIONS, YOUNG

BUNDLE = Path(__file__).with_name("grammars.cjs.gz")
NODE = shutil.which("node")
NO_NODE = "the grammar gate parses with Node, which is not installed: install Node 18 or later"

# Written like functions, but Trino's analyser takes them for syntax.
FORMS = frozenset(["coalesce", "if", "nullif", "try"])
COMMENTS = r"^\s*(?:(?:--[^\n]*(?:\n|$)|/\*.*?\*/)\s*)+"
# Athena hands these to Hive's parser, all else to Trino's. CREATE TABLE … AS is Trino's, see `asked`.
OF_HIVE = (
    r"create (external )?table|create (schema|database)|drop (table|schema|database)|alter (table|schema|database)|"
    r"msck|show|describe|desc"
)
# Athena's own, in neither grammar: what is in brackets is Trino's, the rest has this form.
UNLOAD = r"unload\s*\((?P<query>.*)\)\s*to\s*'s3://[^']+'\s*with\s*\([^()]*\)"
OF_ICEBERG = (
    r"optimize\s+\S+\s+rewrite\s+data\s+using\s+bin_pack(\s+where\s.+)?|vacuum\s+\S+|"
    r"alter\s+table\s+\S+\s+drop\s+column\s+\S+"
)


@dataclass(frozen=True)
class Parsed:
    """What a grammar says: `errors` as `line:column message`, and the functions called, in lower case."""

    errors: tuple[str, ...]
    functions: frozenset[str]

    @property
    def not_in_athena(self) -> frozenset[str]:
        """The functions called that Athena has not, or may not have yet."""
        return self.functions - (FUNCTIONS - YOUNG) - FORMS


def asked(sql: str) -> tuple[str, str] | None:
    """The grammar that a statement is Athena's business of, and what of it; None is one of Athena's own."""
    body = re.sub(COMMENTS, "", sql, flags=re.S).strip().removesuffix(";").rstrip()
    if unload := re.fullmatch(UNLOAD, body, re.I | re.S):
        return "trino", unload["query"]
    if re.fullmatch(OF_ICEBERG, body, re.I | re.S):
        return None
    # Outside of literals, so that a comment of a column cannot make it a query.
    bare = re.sub(r"'(?:[^']|'')*'", "''", body)
    from_query = re.match(
        r"create\s+table\b.*?\bas\s*\(?\s*(select|with|values|table|--|/\*)", bare, re.I | re.S
    )
    of_hive = re.match(rf"({OF_HIVE})\b".replace(" ", r"\s+"), body, re.I) and not from_query
    return "hive" if of_hive else "trino", sql


def parse(statements: Iterable[str]) -> dict[str, Parsed]:
    """What the grammars say of each statement; equal ones are parsed once.

    Raises:
        RuntimeError: there is no Node, or it failed.
    """
    if NODE is None:
        raise RuntimeError(NO_NODE)
    distinct = list(dict.fromkeys(statements))
    routed = [asked(sql) for sql in distinct]
    lines = [
        json.dumps({"id": number, "grammar": route[0], "sql": route[1]})
        for number, route in enumerate(routed)
        if route
    ]
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "grammars.cjs"
        script.write_bytes(gzip.decompress(BUNDLE.read_bytes()))
        done = subprocess.run(
            [NODE, str(script)],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=240,
        )
    if done.returncode:
        raise RuntimeError(f"Node could not run the grammars: {done.stderr[-2000:]}")
    answers: Mapping[int, Parsed] = {
        answer["id"]: Parsed(tuple(answer["errors"]), frozenset(answer["functions"]))
        for answer in map(json.loads, done.stdout.splitlines())
    }
    own = Parsed((), frozenset())
    return {sql: answers.get(number, own) for number, sql in enumerate(distinct)}


def refusals(statements: Mapping[str, str]) -> list[str]:
    """What is wrong with statements, each named: one line for a syntax error, one for functions Athena has not."""
    judged = parse(statements.values())
    found = []
    for name, sql in statements.items():
        verdict = judged[sql]
        found += [f"{name}: {error}" for error in verdict.errors[:1]]
        if verdict.not_in_athena:
            found.append(f"{name}: Athena has no {', '.join(sorted(verdict.not_in_athena))}")
    return found
