"""Expressions whose meaning differs between Trino and DuckDB, one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp

from . import arrays
from .arrays import call, number, string
from .errors import NotSupportedByDouble
from .refusals import PLAIN_DIGITS, kind

T = exp.DataType.Type
FLOATS = (T.DOUBLE, T.FLOAT)
INTEGERS = (T.INT, T.BIGINT, T.SMALLINT, T.TINYINT)
# Names that both have and that answer differently.
OTHERWISE = frozenset(["url_encode", "url_decode", "json_query", "json_value", "to_base", "entropy", "nan"])


def type_of(node: Any) -> Any:
    """The annotated type of an expression, or None."""
    annotated = getattr(node, "type", None)
    return annotated.this if annotated is not None else None


def rewrite(node: exp.Expression) -> exp.Expression:
    """The DuckDB expression for one node of an annotated tree; itself where both mean the same."""
    rule = RULES.get(type(node))
    return rule(node) if rule else node


def _cast(node: Any) -> exp.Expression:
    target = node.to
    if target.this in (T.TIMESTAMP, T.DATETIME, T.TIMESTAMPNTZ):
        digits = int(target.expressions[0].name) if target.expressions else PLAIN_DIGITS
        if digits > 6:
            raise NotSupportedByDouble(f"timestamp({digits})")
        # Athena keeps the digits asked for.
        exact = exp.DataType.build("TIMESTAMP" if digits > 3 else "TIMESTAMP_MS", dialect="duckdb")
        return type(node)(this=node.this, to=exact)
    if target.this in INTEGERS:
        if type_of(node.this) in FLOATS:
            node.set("this", call("trino_round", node.this))
        elif kind(node.this) == "str" and not isinstance(node, exp.TryCast):
            # DuckDB rounds the text of a fraction; Trino refuses it.
            node.set("this", call("trino_whole", node.this))
    if type_of(node.this) == T.JSON and target.this in exp.DataType.TEXT_TYPES:
        raise NotSupportedByDouble("a cast of JSON to varchar (DuckDB answers for objects too)")
    return node


def _date_diff(node: Any) -> exp.Expression:
    # Trino counts complete units, DuckDB's date_diff boundaries; its date_sub counts complete ones.
    unit = node.args.get("unit")
    return call(
        "date_sub", string(unit.name.lower() if unit is not None else "day"), node.expression, node.this
    )


def _keep_date(node: Any) -> exp.Expression:
    # Truncating a date or adding to one leaves a date in Trino; a timestamp keeps its digits.
    if isinstance(node.parent, exp.Cast):
        return node
    if kind(node.this) == "date":
        return exp.cast(node, "date")
    if _has_milliseconds(node.this):
        return exp.Cast(this=node, to=exp.DataType(this=T.USERDEFINED, kind="TIMESTAMP_MS"))
    return node


def _with_interval(node: Any) -> exp.Expression:
    return _keep_date(node) if isinstance(node.expression, exp.Interval) else node


def _has_milliseconds(node: Any) -> bool:
    annotated = getattr(node, "type", None)
    if annotated is None:
        return False
    digits = annotated.expressions[0].name if annotated.expressions else ""
    return annotated.this == T.TIMESTAMP_MS or (
        annotated.this == T.TIMESTAMP and digits in ("0", "1", "2", "3")
    )


def _regexp_replace(node: Any) -> exp.Expression:
    replacement = node.args.get("replacement") or string("")
    groups = call("regexp_replace", replacement, string(r"\$(\d)"), string(r"\\\1"), string("g"))
    return call("regexp_replace", node.this, node.expression, groups, string("g"))


def _regexp_extract(node: Any) -> exp.Expression:
    return call("trino_regexp_extract", node.this, node.expression, node.args.get("group") or number(0))


def _json_extract_scalar(node: Any) -> exp.Expression:
    path = sqlglot.parse_one(node.expression.sql("duckdb"), read="duckdb")
    return call("trino_json_extract_scalar", node.this, path)


def _divide(node: Any) -> exp.Expression:
    if any(map(_is_decimal, (node.this, node.expression))):
        raise NotSupportedByDouble("division of decimals (DuckDB answers with a double)")
    sides = type_of(node.this), type_of(node.expression)
    if any(side in FLOATS for side in sides):
        return call("trino_divide", node.this, node.expression)
    if all(side in INTEGERS for side in sides):
        return call("trino_divide_whole", node.this, node.expression)
    return node


def _is_decimal(node: Any) -> bool:
    # A literal with a point and no exponent is a decimal in Trino; sqlglot takes it for a double.
    if isinstance(node, exp.Literal) and not node.is_string:
        return "." in node.name and "e" not in node.name.lower()
    return type_of(node) == T.DECIMAL


def _remainder(node: Any) -> exp.Expression:
    if all(type_of(side) in INTEGERS for side in (node.this, node.expression)):
        return call("trino_remainder", node.this, node.expression)
    return node


def _subtract(node: Any) -> exp.Expression:
    if kind(node.this) == kind(node.expression) == "date":
        return call("to_days", exp.cast(node, "int"))
    return node


def _split(node: Any) -> exp.Expression:
    limit = node.args.get("limit")
    return call("trino_split_limit", node.this, node.expression, limit) if limit else node


def _substring(node: Any) -> exp.Expression:
    start, length = node.args.get("start"), node.args.get("length")
    if length is None:
        return call("trino_substr", node.this, start)
    return call("trino_substr_of", node.this, start, length)


def _largest(name: str) -> Callable[[Any], exp.Expression]:
    return lambda node: call(name, exp.Array(expressions=[node.this, *node.expressions]))


def _extract(node: Any) -> exp.Expression:
    if node.name.lower() in ("dow", "dayofweek", "day_of_week"):
        return call("isodow", node.expression)
    return node


def _random(node: Any) -> exp.Expression:
    if node.args.get("this"):
        return exp.cast(call("floor", exp.Mul(this=call("random"), expression=node.this)), "bigint")
    return node


def _concat(node: Any) -> exp.Expression:
    # Null in, null out; DuckDB's concat skips nulls.
    joined = node.expressions[0]
    for part in node.expressions[1:]:
        joined = exp.DPipe(this=joined, expression=part)
    return exp.Paren(this=joined)


def _sum(node: Any) -> exp.Expression:
    # A sum of integers is a bigint; DuckDB's is a hugeint. The filter and the window stay around the call.
    if type_of(node.this) in INTEGERS and not isinstance(node.parent, exp.Filter | exp.Window):
        return exp.cast(node, "bigint")
    return node


def _wrapped_sum(node: Any) -> exp.Expression:
    if isinstance(node.this, exp.Sum) and type_of(node.this.this) in INTEGERS:
        if not isinstance(node.parent, exp.Window):
            return exp.cast(node, "bigint")
    elif (
        isinstance(node.this, exp.Filter)
        and isinstance(node.this.this, exp.Sum)
        and type_of(node.this.this.this) in INTEGERS
    ):
        return exp.cast(node, "bigint")
    return node


def _average(node: Any) -> exp.Expression:
    if _is_decimal(node.this):
        raise NotSupportedByDouble("the average of decimals (DuckDB answers with a double)")
    return node


def _equal(node: Any) -> exp.Expression:
    if kind(node.this) == kind(node.expression) == "arr":
        raise NotSupportedByDouble("comparing arrays (a null inside makes Trino's answer null)")
    return node


def _absent(node: Any) -> exp.Expression:
    raise NotSupportedByDouble(f"{node.sql('athena')[:60]}, which DuckDB answers otherwise")


def _anonymous(node: Any) -> exp.Expression:
    if node.name.lower() in OTHERWISE:
        return _absent(node)
    return arrays.called(node)


RULES: dict[type[exp.Expression], Callable[[Any], exp.Expression]] = {
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.DateDiff: _date_diff,
    exp.DateTrunc: _keep_date,
    exp.TimestampTrunc: _keep_date,
    exp.DateAdd: _keep_date,
    exp.DateSub: _keep_date,
    exp.Add: _with_interval,
    exp.Sub: _with_interval,
    exp.RegexpReplace: _regexp_replace,
    exp.RegexpExtract: _regexp_extract,
    exp.JSONExtractScalar: _json_extract_scalar,
    exp.Div: _divide,
    exp.Mod: _remainder,
    exp.Sub: _subtract,
    exp.Reduce: arrays.reduced,
    exp.Split: _split,
    exp.Substring: _substring,
    exp.ArraySort: arrays.ordered,
    exp.Bracket: arrays.subscript,
    exp.Greatest: _largest("trino_greatest"),
    exp.Least: _largest("trino_least"),
    exp.Extract: _extract,
    exp.Rand: _random,
    exp.DPipe: arrays.appended,
    exp.Concat: _concat,
    exp.Reverse: arrays.turned,
    exp.Sum: _sum,
    exp.Filter: _wrapped_sum,
    exp.Window: _wrapped_sum,
    exp.Avg: _average,
    exp.EQ: _equal,
    exp.NEQ: _equal,
    exp.Typeof: _absent,
    exp.JSONValue: _absent,
    exp.JSONExtract: lambda n: _absent(n) if n.args.get("json_query") else n,
    exp.Anonymous: _anonymous,
    **arrays.RULES,
    exp.Repeat: lambda n: call("trino_repeat", n.this, n.args["times"]),
    exp.SplitPart: lambda n: call("trino_split_part", n.this, n.args["delimiter"], n.args["part_index"]),
    exp.Format: lambda n: call("printf", n.this, *n.expressions),
}
