"""What people see beside an asset in Dagster's UI: schemas, previews, plots."""

import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import dagster as dg
import pyarrow as pa

from spotify_assets.core.records import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MARGINS = {"left": 0.05, "right": 0.98, "bottom": 0.05, "top": 0.89, "wspace": 0.17, "hspace": 0.34}
"""Of a figure of several plots with numbers and titles; having them worked out costs a second drawing."""


def column_schema(table: Table) -> dg.TableSchema:
    """Return the columns of a lake table as Dagster shows them, stamps included."""
    columns = [
        dg.TableColumn(
            c.name,
            c.type,
            c.description,
            constraints=dg.TableColumnConstraints(
                nullable=not c.required, other=_bounds(c.ge, c.le, c.choices)
            ),
        )
        for c in table.columns
    ]
    stamps = [
        dg.TableColumn("source", "string", "Where the row comes from; rows of sources are never mixed"),
        dg.TableColumn("fetched_at", "timestamp", "When it was observed (UTC)"),
        dg.TableColumn("expires_at", "timestamp", "When it must be gone from the lake (UTC)"),
        dg.TableColumn("run_id", "string", "The Dagster run that wrote it"),
    ]
    return dg.TableSchema([*columns, *stamps])


def _bounds(ge: float | None, le: float | None, choices: tuple[str, ...]) -> list[str]:
    limits = [f"{sign} {limit:g}" for sign, limit in ((">=", ge), ("<=", le)) if limit is not None]
    return [*limits, f"one of {', '.join(choices)}"] if choices else limits


def preview(rows: pa.Table, limit: int = 8) -> dg.MarkdownMetadataValue:
    """Return the first rows as a Markdown table."""
    names = rows.column_names
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    for row in rows.slice(0, limit).to_pylist():
        lines.append("| " + " | ".join(_cell(row[name]) for name in names) + " |")
    return dg.MetadataValue.md("\n".join(lines))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " ".join(text.replace("|", "\\|").split())
    return text if len(text) <= 60 else text[:59] + "…"


def counts(values: Mapping[str, int]) -> dg.MarkdownMetadataValue:
    """Return named counts as a Markdown list, the largest first."""
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return dg.MetadataValue.md("\n".join(f"- {count:,} × {name}" for name, count in ordered) or "none")


def plot(figure: "Figure") -> dg.MarkdownMetadataValue:
    """Return a matplotlib figure as an image in Markdown."""
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=80)
    return dg.MetadataValue.md(
        f"![plot](data:image/png;base64,{base64.b64encode(image.getvalue()).decode()})"
    )
