"""Expressions whose meaning differs between Trino and DuckDB, one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp

from .errors import NotSupportedByDouble
from .refusals import kind

T = exp.DataType.Type
FLOATS = (T.DOUBLE, T.FLOAT)
INTEGERS = (T.INT, T.BIGINT, T.SMALLINT, T.TINYINT)
number = exp.Literal.number
string = exp.Literal.string


def call(name: str, *arguments: Any) -> exp.Anonymous:
    """A call that sqlglot leaves as it is written."""
    return exp.Anonymous(this=name, expressions=[argument for argument in arguments if argument is not None])


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
        digits = int(target.expressions[0].name) if target.expressions else 3
        if digits > 6:
            raise NotSupportedByDouble(f"timestamp({digits})")
        # Athena keeps the digits asked for; a plain timestamp has three.
        exact = exp.DataType.build("TIMESTAMP" if digits > 3 else "TIMESTAMP_MS", dialect="duckdb")
        return type(node)(this=node.this, to=exact)
    if type_of(node.this) in FLOATS and target.this in INTEGERS:
        node.set("this", call("trino_round", node.this))
    return node


def _date_diff(node: Any) -> exp.Expression:
    # Trino counts complete units, DuckDB's date_diff boundaries; its date_sub counts complete ones.
    unit = node.args.get("unit")
    return call(
        "date_sub", string(unit.name.lower() if unit is not None else "day"), node.expression, node.this
    )


def _keep_date(node: Any) -> exp.Expression:
    # Truncating a date, or adding to one, leaves a date in Trino.
    if kind(node.this) == "date" and not isinstance(node.parent, exp.Cast):
        return exp.cast(node, "date")
    return node


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
    sides = type_of(node.this), type_of(node.expression)
    if any(side in FLOATS for side in sides):
        return call("trino_divide", node.this, node.expression)
    if all(side in INTEGERS for side in sides):
        return call("trino_divide_whole", node.this, node.expression)
    if T.DECIMAL in sides and all(kind(side) == "num" for side in (node.this, node.expression)):
        raise NotSupportedByDouble("division of decimals (DuckDB answers with a double)")
    return node


def _remainder(node: Any) -> exp.Expression:
    if all(type_of(side) in INTEGERS for side in (node.this, node.expression)):
        return call("trino_remainder", node.this, node.expression)
    return node


def _subtract(node: Any) -> exp.Expression:
    if kind(node.this) == kind(node.expression) == "date":
        return call("to_days", exp.cast(node, "int"))
    return node


def _reduce(node: Any) -> exp.Expression:
    body = call("list_reduce", node.this, node.args["merge"], node.args["initial"])
    finish = node.args.get("finish")
    if not finish:
        return body
    mapped = call("list_transform", exp.Array(expressions=[body]), finish)
    return exp.Bracket(this=exp.Paren(this=mapped), expressions=[number(1)], offset=1)


def _split(node: Any) -> exp.Expression:
    limit = node.args.get("limit")
    return call("trino_split_limit", node.this, node.expression, limit) if limit else node


def _substring(node: Any) -> exp.Expression:
    start, length = node.args.get("start"), node.args.get("length")
    if length is None:
        return call("trino_substr", node.this, start)
    return call("trino_substr_of", node.this, start, length)


def _array_sort(node: Any) -> exp.Expression:
    if node.args.get("expression"):
        raise NotSupportedByDouble("array_sort with a comparator")
    # Nulls go last in Trino.
    return call("list_sort", node.this, string("ASC"), string("NULLS LAST"))


def _bracket(node: Any) -> exp.Expression:
    if node.args.get("safe"):
        return node
    if kind(node.this) == "arr":
        # sqlglot keeps subscripts counted from 0 unless it marked them otherwise.
        index = node.expressions[0]
        if not node.args.get("offset"):
            index = exp.Add(this=exp.Paren(this=index), expression=number(1))
        return call("trino_subscript", node.this, index)
    if kind(node.this) == "map":
        key = node.expressions[0]
        if node.args.get("offset") is None and key.is_int:
            key = number(int(key.name) + 1)
        return call("trino_map_get", node.this, key)
    return node


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


def _concatenate(node: Any) -> exp.Expression:
    left, right = node.this, node.expression
    if (kind(left) == "arr" or isinstance(left, exp.Array)) and kind(right) not in ("arr", None):
        return call("list_append", left, right)
    return node


def _reverse(node: Any) -> exp.Expression:
    return call("list_reverse", node.this) if kind(node.this) == "arr" else node


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
    elif isinstance(node.this, exp.Filter) and isinstance(node.this.this, exp.Sum):
        if type_of(node.this.this.this) in INTEGERS:
            return exp.cast(node, "bigint")
    return node


def _typeof(node: Any) -> exp.Expression:
    return node if isinstance(node.parent, exp.Anonymous) else call("lower", node)


def _anonymous(node: Any) -> exp.Expression:
    name, arguments = node.name.lower(), node.expressions
    if name == "zip_with":
        return _zip_with(arguments)
    if name in ("any_match", "all_match", "none_match"):
        hits = call("len", call("list_filter", arguments[0], arguments[1]))
        size = call("len", arguments[0].copy())
        wanted = {
            "any_match": exp.GT(this=hits, expression=number(0)),
            "none_match": exp.EQ(this=hits, expression=number(0)),
            "all_match": exp.EQ(this=hits, expression=size),
        }
        return exp.Paren(this=wanted[name])
    return node


def _zip_with(arguments: list[Any]) -> exp.Expression:
    names = [parameter.name for parameter in arguments[2].expressions]
    pair = exp.to_identifier("pair_")

    def of_pair(node: exp.Expression) -> exp.Expression:
        bare = isinstance(node, exp.Column | exp.Identifier) and not isinstance(node.parent, exp.Column)
        if bare and node.name in names:
            side = number(names.index(node.name) + 1)
            return exp.Bracket(this=exp.column("pair_"), expressions=[side], offset=1)
        return node

    body = arguments[2].this.copy().transform(of_pair)
    zipped = call("list_zip", arguments[0], arguments[1])
    return call("list_transform", zipped, exp.Lambda(this=body, expressions=[pair]))


RULES: dict[type[exp.Expression], Callable[[Any], exp.Expression]] = {
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.DateDiff: _date_diff,
    exp.DateTrunc: _keep_date,
    exp.TimestampTrunc: _keep_date,
    exp.DateAdd: _keep_date,
    exp.DateSub: _keep_date,
    exp.RegexpReplace: _regexp_replace,
    exp.RegexpExtract: _regexp_extract,
    exp.JSONExtractScalar: _json_extract_scalar,
    exp.Div: _divide,
    exp.Mod: _remainder,
    exp.Sub: _subtract,
    exp.Reduce: _reduce,
    exp.Split: _split,
    exp.Substring: _substring,
    exp.ArraySort: _array_sort,
    exp.Bracket: _bracket,
    exp.Greatest: _largest("trino_greatest"),
    exp.Least: _largest("trino_least"),
    exp.Extract: _extract,
    exp.Rand: _random,
    exp.DPipe: _concatenate,
    exp.Concat: _concat,
    exp.Reverse: _reverse,
    exp.Sum: _sum,
    exp.Filter: _wrapped_sum,
    exp.Window: _wrapped_sum,
    exp.Typeof: _typeof,
    exp.Anonymous: _anonymous,
    exp.ArraySlice: lambda n: call("trino_slice", n.this, n.args["start"], n.args["end"]),
    exp.ArrayDistinct: lambda n: call("trino_array_distinct", n.this),
    exp.ArrayIntersect: lambda n: call("trino_array_intersect", *n.expressions),
    exp.ArrayExcept: lambda n: call("trino_array_except", n.this, n.expression),
    exp.ArrayPosition: lambda n: call("coalesce", call("list_position", n.this, n.expression), number(0)),
    exp.Repeat: lambda n: call("trino_repeat", n.this, n.args["times"]),
    exp.SplitPart: lambda n: call("trino_split_part", n.this, n.args["delimiter"], n.args["part_index"]),
    exp.ArraySize: lambda n: call("cardinality", n.this) if kind(n.this) == "map" else n,
    exp.Format: lambda n: call("printf", n.this, *n.expressions),
}
