"""What Athena refuses before it reads a byte, and DuckDB or sqlglot would let pass."""

from __future__ import annotations

import itertools
import re
from typing import Any

import sqlglot
from sqlglot import Dialect, TokenType, exp
from sqlglot.tokens import Token

from .errors import AthenaFailure
from .functions import FUNCTIONS

ATHENA = Dialect.get_or_raise("athena")
# What stands before a bracket and is syntax, not a function.
SYNTAX = frozenset(
    [
        "all",
        "and",
        "any",
        "array",
        "as",
        "bernoulli",
        "between",
        "by",
        "case",
        "cast",
        "char",
        "coalesce",
        "columns",
        "cross",
        "cube",
        "current_date",
        "current_timestamp",
        "date",
        "decimal",
        "delete",
        "distinct",
        "double",
        "else",
        "end",
        "except",
        "exists",
        "extract",
        "filter",
        "from",
        "full",
        "grouping",
        "group",
        "having",
        "if",
        "in",
        "inner",
        "insert",
        "intersect",
        "interval",
        "into",
        "is",
        "join",
        "json_array",
        "json_exists",
        "json_object",
        "json_query",
        "json_value",
        "lateral",
        "left",
        "like",
        "limit",
        "localtimestamp",
        "map",
        "matched",
        "merge",
        "not",
        "null",
        "nullif",
        "offset",
        "on",
        "or",
        "order",
        "outer",
        "over",
        "overlay",
        "partition",
        "position",
        "returning",
        "right",
        "rollup",
        "row",
        "select",
        "set",
        "sets",
        "some",
        "substring",
        "system",
        "tblproperties",
        "then",
        "time",
        "timestamp",
        "trim",
        "try",
        "try_cast",
        "union",
        "unnest",
        "update",
        "using",
        "values",
        "varchar",
        "bigint",
        "integer",
        "when",
        "where",
        "with",
        "within",
    ]
)
_GROUPS = {
    "str": "CHAR NCHAR VARCHAR NVARCHAR TEXT",
    "num": "TINYINT SMALLINT INT BIGINT INT128 FLOAT DOUBLE DECIMAL",
    "date": "DATE",
    "ts": "TIMESTAMP TIMESTAMPTZ TIMESTAMPLTZ DATETIME TIMESTAMPNTZ TIMESTAMP_MS TIMESTAMP_S TIMESTAMP_NS",
    "bool": "BOOLEAN",
    "arr": "ARRAY LIST",
    "map": "MAP",
    "row": "STRUCT",
}
KINDS = {getattr(exp.DataType.Type, name): kind for kind, names in _GROUPS.items() for name in names.split()}
WORDS = {
    "str": "varchar",
    "num": "integer",
    "ts": "timestamp",
    "bool": "boolean",
    "arr": "array",
    "date": "date",
    "map": "map",
    "row": "row",
}
OPERATORS = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}
PLAIN_DIGITS = 3
"""Of the seconds of a `timestamp` that says none."""
# A bracket after these begins a list as DuckDB has them; after anything else it is a subscript, or ARRAY's.
T = TokenType
_BEGINNINGS = (T.SELECT, T.DISTINCT, T.WHERE, T.ON, T.IN, T.GROUP_BY, T.ORDER_BY, T.PARTITION_BY, T.VALUES)
_BRANCHES = (T.CASE, T.WHEN, T.THEN, T.ELSE, T.AND, T.OR, T.NOT, T.COMMA, T.L_PAREN, T.L_BRACKET, T.ARROW)
_OPERATORS = (T.EQ, T.NEQ, T.LT, T.LTE, T.GT, T.GTE, T.PLUS, T.DASH, T.STAR, T.SLASH, T.DPIPE)
OPENING = frozenset((T.L_PAREN, T.L_BRACKET, T.LT))
BEFORE_A_VALUE = frozenset((*_BEGINNINGS, *_BRANCHES, *_OPERATORS))
# Functions that take text alone; DuckDB casts for them, Trino does not.
OF_TEXT = (exp.Length, exp.Lower, exp.Upper, exp.Trim, exp.RegexpLike, exp.RegexpExtract, exp.RegexpReplace)


def kind(node: Any) -> str | None:
    """The group of types that an annotated expression is of, or None."""
    annotated = getattr(node, "type", None)
    return KINDS.get(annotated.this) if annotated is not None else None


def parse(sql: str) -> exp.Expression:
    """The tree of one statement in Athena's dialect; fails where Athena's parser would."""
    try:
        tokens = ATHENA.tokenize(sql)
        trees = ATHENA.parser().parse(tokens, sql)
    except sqlglot.errors.SqlglotError as error:
        raise AthenaFailure("SYNTAX_ERROR", str(error).split("\n")[0]) from error
    tree = trees[0]
    if tree is None:
        raise AthenaFailure("SYNTAX_ERROR", "line 1:1: mismatched input '<EOF>'")
    _refuse_syntax(tree)
    _refuse_words(tokens, tree)
    for cast in tree.find_all(exp.Cast):
        if cast.to.this == exp.DataType.Type.TIMESTAMP and not cast.to.expressions:
            cast.to.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(PLAIN_DIGITS))])
    return tree


def _refuse_words(tokens: list[Token], tree: exp.Expression) -> None:
    named = {node.name.lower() for node in tree.find_all(exp.TableAlias, exp.Table)}
    known = FUNCTIONS | SYNTAX | named
    for here, after in itertools.pairwise(tokens):
        if after.token_type not in OPENING and here.token_type != T.DCOLON and here is not tokens[0]:
            continue
        place = f"line {here.line}:{max(here.col - len(here.text) + 1, 1)}"
        if here.token_type == TokenType.DCOLON:
            raise AthenaFailure("SYNTAX_ERROR", f"{place}: mismatched input '::'")
        if here.token_type == TokenType.FROM and here is tokens[0]:
            raise AthenaFailure("SYNTAX_ERROR", f"{place}: mismatched input 'FROM'")
        if after.token_type == TokenType.L_BRACKET and here.token_type in BEFORE_A_VALUE:
            raise AthenaFailure("SYNTAX_ERROR", f"{place}: mismatched input '['")
        if here.text.lower() == "struct" and after.token_type in (TokenType.LT, TokenType.L_PAREN):
            raise AthenaFailure("SYNTAX_ERROR", f"{place}: mismatched input 'struct'")
        name = here.text.lower()
        called = after.token_type == TokenType.L_PAREN and re.fullmatch(r"[a-z_]\w*", name)
        quoted = here.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
        if called and not quoted and name not in known:
            raise AthenaFailure("FUNCTION_NOT_FOUND", f"{place}: Function '{name}' not registered")


def _refuse_syntax(tree: exp.Expression) -> None:
    for kind_, word in (
        (exp.Qualify, "QUALIFY"),
        (exp.ILike, "ILIKE"),
        (exp.Pivot, "PIVOT"),
        (exp.IntDiv, "//"),
    ):
        if tree.find(kind_):
            raise AthenaFailure("SYNTAX_ERROR", f"line 1:1: mismatched input '{word}'")
    for star in tree.find_all(exp.Star):
        if any(star.args.get(name) for name in ("except_", "except", "replace", "rename")):
            raise AthenaFailure("SYNTAX_ERROR", "line 1:1: mismatched input after '*'")
    for distinct in tree.find_all(exp.Distinct):
        if distinct.args.get("on"):
            raise AthenaFailure("SYNTAX_ERROR", "line 1:1: mismatched input 'ON' after DISTINCT")
    for group in tree.find_all(exp.Group):
        if group.args.get("all") or any(e.name.lower() == "all" for e in group.expressions):
            raise AthenaFailure("SYNTAX_ERROR", "line 1:1: mismatched input 'ALL' after GROUP BY")
    if isinstance(tree, exp.Create) and tree.find(exp.TemporaryProperty):
        raise AthenaFailure("SYNTAX_ERROR", "line 1:8: mismatched input 'TEMPORARY'")


def refuse_types(tree: exp.Expression) -> None:
    """Fail where an annotated tree mixes types that DuckDB converts of itself and Trino does not."""
    for node in tree.walk():
        if isinstance(
            node, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE | exp.NullSafeEQ | exp.NullSafeNEQ
        ):
            _agree(f"Cannot apply operator: {{}} {OPERATORS[type(node)]} {{}}", [node.this, node.expression])
        elif isinstance(node, exp.Between):
            _agree("Cannot check if {} is BETWEEN {}", [node.this, node.args["low"], node.args["high"]])
        elif isinstance(node, exp.In) and node.expressions:
            _agree("IN value and list items must be the same type: {}, {}", [node.this, *node.expressions])
        elif isinstance(node, exp.Coalesce):
            _agree("All COALESCE operands must be the same type: {}, {}", [node.this, *node.expressions])
        elif isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
            sides = kind(node.this), kind(node.expression)
            if {"str", "bool"} & set(sides):
                words = f" {OPERATORS[type(node)]} ".join(WORDS.get(s or "", "unknown") for s in sides)
                raise AthenaFailure("TYPE_MISMATCH", f"line 1:8: Cannot apply operator: {words}")
        elif isinstance(node, exp.Concat | exp.DPipe):
            _refuse_concat(node)
        elif isinstance(node, exp.Case):
            outcomes = [branch.args["true"] for branch in node.args.get("ifs") or []]
            _agree("All CASE results must be the same type: {}, {}", [*outcomes, node.args.get("default")])
        elif isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
            condition = kind(node.this)
            if condition not in (None, "bool"):
                raise AthenaFailure(
                    "TYPE_MISMATCH", f"line 1:8: IF condition must evaluate to a BOOLEAN: {WORDS[condition]}"
                )
            _agree(
                "Result types for IF must be the same: {}, {}", [node.args["true"], node.args.get("false")]
            )
        elif isinstance(node, OF_TEXT) and kind(node.this) in ("num", "date", "ts", "bool"):
            name = node.sql_names()[0].lower()
            _unexpected(name, node.this)


def _agree(message: str, nodes: list[Any]) -> None:
    kinds = [k for k in map(kind, nodes) if k]
    for other in kinds[1:]:
        if {other, kinds[0]} not in ({other}, {"date", "ts"}):
            words = message.format(WORDS[kinds[0]], WORDS[other])
            raise AthenaFailure("TYPE_MISMATCH", f"line 1:8: {words}")


def _refuse_concat(node: exp.Expression) -> None:
    operands = node.expressions or [node.this, node.expression]
    if any(kind(operand) == "arr" or isinstance(operand, exp.Array) for operand in operands):
        return
    for operand in operands:
        if kind(operand) in ("num", "date", "ts", "bool"):
            _unexpected("concat", operand)


def _unexpected(name: str, operand: exp.Expression) -> None:
    word = WORDS[kind(operand) or ""]
    raise AthenaFailure(
        "FUNCTION_NOT_FOUND",
        f"line 1:8: Unexpected parameters ({word}) for function {name}: {operand.sql('athena')[:60]}",
    )
