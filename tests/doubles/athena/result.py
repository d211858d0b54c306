"""What a statement answered: columns, rows and the form in which Athena writes them to S3."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any

from .values import athena_type, text

Column = tuple[str, str, int, int]
ROWS: list[Column] = [("rows", "bigint", 19, 0)]


@dataclass
class Result:
    """An outcome; `rows` are texts already, None is null; `plain` ones have no header and are kept as .txt."""

    kind: str
    statement_type: str = "DDL"
    columns: list[Column] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    updated: int | None = None
    plain: bool = True

    @classmethod
    def of_query(cls, names: list[str], types: list[Any], rows: list[tuple[Any, ...]]) -> Result:
        """The outcome of a query."""
        words = [str(kind) for kind in types]
        # Columns without a name are _col0, _col1 in Athena, _col_0 to sqlglot.
        names = [re.sub(r"^_col_(\d+)$", r"_col\1", name) for name in names]
        columns = [(name, *athena_type(kind)) for name, kind in zip(names, types, strict=True)]
        texts = [[text(value, word) for value, word in zip(row, words, strict=True)] for row in rows]
        return cls("SELECT", "DML", columns, texts, plain=False)

    @classmethod
    def of_lines(cls, kind: str, lines: list[str]) -> Result:
        """The outcome of SHOW, DESCRIBE or EXPLAIN."""
        return cls(kind, "UTILITY", [("result", "string", 0, 0)], [[line] for line in lines])

    @property
    def header(self) -> list[list[str | None]]:
        """The first row of what a query answers: its column names."""
        return [[column[0] for column in self.columns]] if not self.plain and self.kind == "SELECT" else []

    def file(self) -> bytes:
        """The body of the result file."""
        out = io.StringIO()
        if self.plain:
            out.writelines("\t".join(value or "" for value in row) + "\n" for row in self.rows)
        else:
            for row in self.header + self.rows:
                out.write(",".join(map(_quoted, row)) + "\n")
        return out.getvalue().encode()


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'
