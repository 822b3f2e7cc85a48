"""What a compiled model says that DuckDB and Spark would answer differently, or only one of them at all.

The list is that of the study behind `docs/architecture.md`: constructs that both engines run, with other
values. What macros/dialect.sql spells is let pass here (whole days between two dates, the ISO day of the
week, a spine, a JSON list, microseconds since 1970), because a test holds those words to that one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

Schema = Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]
"""Database, schema, table, column to its type."""

WHOLE = ("int", "bigint", "smallint", "tinyint", "boolean")
TEXT = ("varchar", "text", "char")
SPELLED_BY_MACROS = {"epoch_us"}
"""Functions of DuckDB that the parser does not know and macros/dialect.sql writes."""

REFUSED: dict[type[exp.Expr], str] = {
    exp.IntDiv: "// is integer division in DuckDB only",
    exp.First: "which row is first is not said",
    exp.AnyValue: "which value is taken is not said",
    exp.ArrayAgg: "the order of a list differs",
    exp.GroupConcat: "an ordered list of texts is spelled differently",
    exp.IgnoreNulls: "IGNORE NULLS stands in another place",
    exp.ArgMax: "arg_max is max_by elsewhere",
    exp.ArgMin: "arg_min is min_by elsewhere",
    exp.Array: "a list is written differently",
    exp.Concat: "concat() skips NULL or becomes it",
    exp.DayOfWeek: "Sunday is 0 or 1",
    exp.RegexpLike: "regular expressions differ",
    exp.RegexpExtract: "regular expressions differ",
    exp.RegexpReplace: "regular expressions differ",
    exp.SHA2: "sha256 is sha2 elsewhere",
    exp.Kurtosis: "of the sample or of the population",
    exp.CurrentDate: "today is no business date",
    exp.CurrentTimestamp: "now is no business date",
    exp.Rand: "random",
}


class _NullsSmall(DuckDB):
    """DuckDB's SQL as an engine reads it for which NULL is smaller than everything, as it is for Spark."""

    NULL_ORDERING = "nulls_are_small"


def traps(sql: str, schema: Schema, keys: Iterable[Set[str]] = ()) -> list[str]:
    """Everything in a query that is not portable, as `reason: the piece of SQL`; empty where nothing is.

    Args:
        sql: the query, in DuckDB's spelling.
        schema: the columns of all relations with their types.
        keys: sets of column names that identify a row of what is read.
    """
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    found = [f"{reason}: {one.sql('duckdb')}" for reason, one in _syntax(tree)]
    found += [f"NULL is last or first: {one}" for one in _unsaid_null_order(tree, sql)]
    found += [f"{one}" for one in _not_written_as_spark(tree)]
    suspects = list(_perhaps_aliases(tree))
    typed = annotate_types(
        qualify(tree, schema=dict(schema), dialect="duckdb", quote_identifiers=False),
        schema=MappingSchema(dict(schema), dialect="duckdb"),
        dialect="duckdb",
    )
    found += [f"a name of the select list in WHERE: {one.name}" for one in suspects if not one.table]
    found += [f"{reason}: {one.sql('duckdb')}" for reason, one in _values(typed)]
    found += [f"the order has ties: {one.sql('duckdb')}" for one in _tied(typed, list(keys))]
    return sorted(set(found))


def _syntax(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """What can be told without knowing types."""
    for node in tree.walk():
        reason = next((text for kind, text in REFUSED.items() if isinstance(node, kind)), None)
        if reason:
            yield reason, node
        if isinstance(node, exp.Anonymous) and node.name.lower() not in SPELLED_BY_MACROS:
            yield "a function of one engine", node
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Distinct):
            if isinstance(node.parent, exp.Window):
                yield "a window can't count distinct things in Spark", node
            if len(node.this.expressions) > 1:
                yield "distinct pairs can't be counted in DuckDB", node
        if isinstance(node, exp.Star) and any(
            node.args.get(name) for name in ("except_", "replace", "rename")
        ):
            yield "* EXCLUDE is spelled differently", node
        if isinstance(node, exp.Distinct) and node.args.get("on"):
            yield "DISTINCT ON is DuckDB's", node
        if isinstance(node, exp.SetOperation) and node.args.get("by_name"):
            yield "BY NAME is DuckDB's", node
        if isinstance(node, exp.Join) and (
            node.method.upper() == "ASOF" or node.kind.upper() in ("SEMI", "ANTI")
        ):
            yield "a join of one engine", node
        if isinstance(node, exp.Identifier) and node.quoted and not isinstance(node.parent, exp.Table):
            yield "a quoted name is a text in Spark", node
        if isinstance(node, exp.Literal) and node.is_string and "\\" in node.name:
            yield "a backslash is kept or escapes", node
        if isinstance(node, exp.Limit) and not (node.parent and node.parent.args.get("order")):
            yield "which rows a limit keeps is not said", node
        if isinstance(node, exp.Log) and node.expression is None:
            yield "log() is base 10 or natural", node
        if isinstance(node, exp.DateDiff) and node.text("unit").lower() not in ("", "day"):
            yield "months are counted by boundaries or whole ones", node


def _unsaid_null_order(tree: exp.Expr, sql: str) -> list[str]:
    other = sqlglot.parse_one(sql, dialect=_NullsSmall)
    pairs = zip(tree.find_all(exp.Ordered), other.find_all(exp.Ordered), strict=True)
    return [
        ours.sql("duckdb")
        for ours, theirs in pairs
        if bool(ours.args.get("nulls_first")) != bool(theirs.args.get("nulls_first"))
    ]


def _not_written_as_spark(tree: exp.Expr) -> list[str]:
    """What can't be written for Spark, or can't be read again as what it was."""
    try:
        spark = tree.sql("spark", unsupported_level=ErrorLevel.RAISE)
        again = sqlglot.parse_one(spark, dialect="spark")
    except SqlglotError as error:
        return [f"not to be written for Spark: {error}"]
    if _names(again) != _names(tree):
        return [f"Spark would read other columns: {sorted(_names(again) ^ _names(tree))}"]
    return []


def _names(tree: exp.Expr) -> set[str]:
    return {
        one.alias_or_name.lower()
        for select in tree.find_all(exp.Select)
        for one in select.expressions
        if one.alias
    }


def _perhaps_aliases(tree: exp.Expr) -> Iterator[exp.Column]:
    """Columns of a WHERE named as in their own select list; `qualify` tells whether they are columns."""
    for select in tree.find_all(exp.Select):
        aliases = {one.alias for one in select.expressions if isinstance(one, exp.Alias)}
        where = select.args.get("where")
        for column in where.find_all(exp.Column) if where else ():
            if not column.table and column.name in aliases and column.find_ancestor(exp.Select) is select:
                yield column


def _values(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """What depends on the types of its operands."""
    for node in tree.walk():
        if isinstance(node, (exp.Div, exp.Mod)) and not (_never_zero(node.expression) or _is_guarded(node)):
            yield "division by zero is infinity or an error", node
        if (
            isinstance(node, exp.Div)
            and _is(node.this, "decimal")
            and _is(node.expression, "decimal", *WHOLE)
        ):
            yield "decimals are divided as double or decimal", node
        if isinstance(node, exp.Div) and _is(node.expression, "decimal") and _is(node.this, *WHOLE):
            yield "decimals are divided as double or decimal", node
        if isinstance(node, exp.Avg) and not _is(node.this, "double"):
            yield "an average of decimals is double or decimal", node
        if isinstance(node, (exp.PercentileCont, exp.Quantile)) and not _percentile_of_double(node):
            yield "a percentile of decimals keeps their scale or not", node
        if isinstance(node, (exp.Add, exp.Sub)) and isinstance(node.expression, exp.Interval):
            day = not _is(node.this, "timestamp", "timestamptz", "interval")
            if day and not (isinstance(node.parent, exp.Cast) and node.parent.to.is_type("date")):
                yield "a date plus an interval is a timestamp or a date", node
        if isinstance(node, exp.Sub) and _is(node.this, "date") and _is(node.expression, "date"):
            yield "dates apart are a number or an interval", node
        if isinstance(node, exp.Cast) and node.to.is_type(*WHOLE[:-1]) and not _is_whole(node.this):
            yield "a fraction is rounded or cut", node
        if isinstance(node, exp.Cast) and node.to.is_type(*TEXT) and _is(node.this, "double", "float"):
            yield "a double as text is written differently", node
    for one in _leaving(tree):
        inner = one.this if isinstance(one, exp.Alias) else one
        if isinstance(inner, (exp.Window, exp.RowNumber)) and isinstance(
            inner.find(exp.RowNumber), exp.RowNumber
        ):
            yield "row_number is bigint or int", inner
        if isinstance(inner, (exp.Extract, exp.Length)):
            yield "its type is bigint or int", inner
        if isinstance(inner, (exp.Sum, exp.Mul)) and not _is(inner, "double"):
            yield "the type of a sum or product differs", inner


def _leaving(tree: exp.Expr) -> list[exp.Expr]:
    """The columns that a query gives to others."""
    while isinstance(tree, exp.SetOperation):
        tree = tree.left
    return tree.selects if isinstance(tree, exp.Query) else []


def _is(node: exp.Expr | None, *types: str) -> bool:
    return node is not None and node.type is not None and node.type.is_type(*types)


def _is_whole(node: exp.Expr) -> bool:
    """Whether a cast to a whole number changes nothing: it is one, NULL, text, or was rounded before."""
    if isinstance(node, exp.Paren):
        return _is_whole(node.this)
    return isinstance(node, (exp.Round, exp.Floor, exp.Ceil, exp.Null)) or not _is(
        node, "double", "float", "decimal"
    )


def _never_zero(node: exp.Expr) -> bool:
    """Whether a divisor says itself that it is no zero, or NULL where it would be.

    A number, nullif(…, 0), a group's rows, one more than something counted, the greater of it and a number.
    """
    if isinstance(node, (exp.Paren, exp.Cast)):
        return _never_zero(node.this)
    if isinstance(node, exp.Literal):
        return float(node.name) > 0
    if isinstance(node, exp.Add):
        return isinstance(node.this, exp.Literal) and _never_zero(node.this)
    if isinstance(node, exp.Greatest):
        return any(isinstance(one, exp.Literal) and _never_zero(one) for one in node.expressions)
    return isinstance(node, exp.Nullif) or (isinstance(node, exp.Count) and isinstance(node.this, exp.Star))


def _is_guarded(division: exp.Div | exp.Mod) -> bool:
    """Whether it stands in a CASE that asks before whether the divisor is above zero."""
    branch = division.find_ancestor(exp.If)
    asked = branch.find_all(exp.GT) if branch else ()
    divisor = division.expression.unnest()
    divisor = divisor.this if isinstance(divisor, exp.Cast) else divisor
    return any(one.this.unnest() == divisor and one.expression.name == "0" for one in asked)


def _percentile_of_double(node: exp.Expr) -> bool:
    group = node.parent if isinstance(node.parent, exp.WithinGroup) else None
    ordered = group.find(exp.Ordered) if group else None
    return _is(ordered.this if ordered else node.this, "double")


def _tied(tree: exp.Expr, keys: list[Set[str]]) -> Iterator[exp.Window]:
    """Windows that pick or number rows and whose order has no key of anything that is read."""
    grouped = [
        {one.name.lower() for one in group.expressions}
        for group in tree.find_all(exp.Group)
        if group.expressions
    ]
    for window in tree.find_all(exp.Window):
        if isinstance(
            window.this, (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
        ):
            order = window.args.get("order")
            by = [*(window.args.get("partition_by") or ()), *(order.expressions if order else ())]
            names = {column.name.lower() for one in by for column in one.find_all(exp.Column)}
            if not any(key <= names for key in [*keys, *grouped]):
                yield window


def schema_of(rows: Iterable[tuple[str, str, str, str, str]]) -> dict[str, Any]:
    """The schema of rows (database, schema, table, column, type)."""
    schema: dict[str, Any] = {}
    for database, name, table, column, kind in rows:
        schema.setdefault(database, {}).setdefault(name, {}).setdefault(table, {})[column] = kind
    return schema
