"""The parts of `docs/data.md` that follow from the code; `python -m tests.documented` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from spotify_assets.core.records import LAKE_TABLES, PLAYLIST_TRACKS, SIMILARITY_FEATURES, Column, Table
from spotify_assets.defs.marts.warehouse import EXPORTED

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "data.md"


def parts() -> dict[str, str]:
    """Return the text that belongs between `<!-- name -->` and `<!-- /name -->`, by name."""
    return {
        "tables": "\n\n".join(map(_table, (*LAKE_TABLES.values(), PLAYLIST_TRACKS))),
        "features": ", ".join(f"`{name}`" for name in SIMILARITY_FEATURES) + ".",
        "marts": "\n\n".join(map(_mart, EXPORTED)),
    }


def written(page: str) -> str:
    """Return the page with its generated parts as they should be."""
    for name, text in parts().items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        assert len(marks.findall(page)) == 1, f"docs/data.md has no part <!-- {name} -->"
        page = marks.sub(lambda found, text=text: f"{found[1]}{text}\n{found[2]}", page)
    return page


def _table(table: Table) -> str:
    kind = f"A list per `{table.list_of}`. " if table.list_of else ""
    key = ", ".join(f"`{name}`" for name in table.key)
    rows = [f"| `{c.name}` | {_type(c)} | {_promise(c)} | {c.description} |" for c in table.columns]
    head = "| column | type | promise | |\n|---|---|---|---|"
    return f"### {table.name}\n\n{table.description} {kind}One row per {key}.\n\n" + "\n".join([head, *rows])


def _type(column: Column) -> str:
    return column.type.replace("list<string>", "list of strings")  # <…> would be a tag to a browser


def _promise(column: Column) -> str:
    words = ["never null"] if column.required else []
    if column.choices:
        words.append(" or ".join(column.choices))
    if column.ge is not None and column.le is not None:
        words.append(f"{column.ge:g} to {column.le:g}")
    elif column.ge is not None:
        words.append(f"{column.ge:g} or more")
    return ", ".join([*words, "may be left out"] if column.optional else words)


def _mart(name: str) -> str:
    (model,) = _yaml(ROOT / "dbt_project" / "models" / "marts" / f"{name}.yml")["models"]
    rows = [f"| `{column['name']}` | {_in_one_line(column['description'])} |" for column in model["columns"]]
    text = _in_one_line(model["description"])
    return f"### {name}\n\n{text}\n\n" + "\n".join(["| column | |\n|---|---|", *rows])


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
