"""Expressions on arrays and maps whose meaning differs between Trino and DuckDB, one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from .errors import NotSupportedByDouble
from .refusals import kind

number = exp.Literal.number
string = exp.Literal.string


def call(name: str, *arguments: Any) -> exp.Anonymous:
    """A call that sqlglot leaves as it is written."""
    return exp.Anonymous(this=name, expressions=[argument for argument in arguments if argument is not None])


def reduced(node: Any) -> exp.Expression:
    """REDUCE with its last step."""
    body = call("list_reduce", node.this, node.args["merge"], node.args["initial"])
    finish = node.args.get("finish")
    if not finish:
        return body
    mapped = call("list_transform", exp.Array(expressions=[body]), finish)
    return exp.Bracket(this=exp.Paren(this=mapped), expressions=[number(1)], offset=1)


def ordered(node: Any) -> exp.Expression:
    """ARRAY_SORT, nulls last."""
    if node.args.get("expression"):
        raise NotSupportedByDouble("array_sort with a comparator")
    # Nulls go last in Trino.
    return call("list_sort", node.this, string("ASC"), string("NULLS LAST"))


def mark_safe(tree: exp.Expression) -> None:
    """Mark subscripts that cannot fail where a higher one of the same sum or product did not.

    Dot products have hundreds, of which each costs DuckDB as much planning as a query.
    """
    tops: dict[int, exp.Expression] = {}
    highest: dict[tuple[int, str, str], exp.Expression] = {}
    for node in tree.find_all(exp.Bracket):
        array, index = node.this, node.expressions[0]
        if not (isinstance(array, exp.Column) and kind(array) == "arr" and index.is_int):
            continue
        if node.args.get("offset"):
            continue
        place = id(_top(node, tops)), array.table, array.name
        higher = highest.setdefault(place, node)
        lower = node
        if int(index.to_py()) > int(higher.expressions[0].to_py()):
            highest[place], lower = node, higher
        if lower is not highest[place] and int(lower.expressions[0].to_py()) >= 0:
            lower.set("safe", True)


def _top(node: exp.Expression, tops: dict[int, exp.Expression]) -> exp.Expression:
    """The whole sum or product that an operand is computed for, whatever comes of it."""
    way = []
    while id(node) not in tops and isinstance(
        node.parent, exp.Add | exp.Sub | exp.Mul | exp.Paren | exp.Cast
    ):
        way.append(node)
        node = node.parent
    top = tops.get(id(node), node)
    tops.update((id(passed), top) for passed in way)
    return top


def subscript(node: Any) -> exp.Expression:
    """A subscript, which fails outside of the array or map."""
    if node.args.get("safe"):
        return node
    if kind(node.this) == "arr":
        # sqlglot keeps subscripts counted from 0 unless it marked them otherwise.
        index, first = node.expressions[0], 0 if node.args.get("offset") else 1
        if index.is_int and (place := int(index.to_py()) + first) > 0:
            # A macro that need not tell all other places apart.
            return call("trino_element", node.this, number(place))
        if first:
            index = exp.Add(this=exp.Paren(this=index), expression=number(1))
        return call("trino_subscript", node.this, index)
    if kind(node.this) == "map":
        key = node.expressions[0]
        if node.args.get("offset") is None and key.is_int:
            key = number(int(key.name) + 1)
        return call("trino_map_get", node.this, key)
    [index] = node.expressions
    if node.args.get("offset") is None and index.is_int:
        # Written out, for sqlglot counts from 0 again where it takes arrays joined by || for text.
        return exp.Bracket(this=node.this, expressions=[number(int(index.name) + 1)], offset=1)
    return node


def appended(node: Any) -> exp.Expression:
    """An array with an element behind it."""
    left, right = node.this, node.expression
    if (kind(left) == "arr" or isinstance(left, exp.Array)) and kind(right) not in ("arr", None):
        return call("list_append", left, right)
    return node


def turned(node: Any) -> exp.Expression:
    """REVERSE of an array."""
    return call("list_reverse", node.this) if kind(node.this) == "arr" else node


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


def called(node: Any) -> exp.Expression:
    """What sqlglot knows by name alone."""
    name, arguments = node.name.lower(), node.expressions
    if name == "zip_with":
        return _zip_with(arguments)
    if name not in ("any_match", "all_match", "none_match"):
        return node
    hits = call("len", call("list_filter", arguments[0], arguments[1]))
    size = call("len", arguments[0].copy())
    wanted = {
        "any_match": exp.GT(this=hits, expression=number(0)),
        "none_match": exp.EQ(this=hits, expression=number(0)),
        "all_match": exp.EQ(this=hits, expression=size),
    }
    return exp.Paren(this=wanted[name])


RULES: dict[type[exp.Expression], Callable[[Any], exp.Expression]] = {
    exp.ArraySlice: lambda n: call("trino_slice", n.this, n.args["start"], n.args["end"]),
    exp.ArrayDistinct: lambda n: call("trino_array_distinct", n.this),
    exp.ArrayIntersect: lambda n: call("trino_array_intersect", *n.expressions),
    exp.ArrayExcept: lambda n: call("trino_array_except", n.this, n.expression),
    exp.ArrayPosition: lambda n: call("coalesce", call("list_position", n.this, n.expression), number(0)),
    exp.ArraySize: lambda n: call("cardinality", n.this) if kind(n.this) == "map" else n,
}
