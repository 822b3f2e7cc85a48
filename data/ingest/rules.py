"""The contract's rules as SQL conditions over one row, each with the reason a person reads.

A rule sees two columns for each contract column: its text as it was mapped (`text:<name>`) and its typed
value (`<name>`); for text they are one. A cast alone is not trusted: DuckDB rounds 0.129 to 0.13 and 1.5
to 2, drops the offset of a timestamp and reads `infinity` as a date, so the text must also look like a
value of the type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data.ingest.contracts import Column, Contract

STRUCTURE = "structure"
DUPLICATE = "duplicate"
WAITS = "waits_for_parent"

LINE, STRUCTURE_OK, BUSINESS_DATE = '"line"', '"record:structure_ok"', '"record:business_date"'
"""SQL columns that go with a record besides its own. Mappings may use `this.line`; no header has the rest."""
WAITING_ID = '"record:waiting_id"'
"""SQL column of a row in quarantine that is judged again."""


@dataclass(frozen=True)
class Rule:
    """`condition` is true for a row that obeys; false or NULL breaks the rule."""

    id: str
    column: str | None
    condition: str
    reason: str


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def text_of(column: Column) -> str:
    """The SQL column with a contract column's text as it was mapped; for text that is the value itself."""
    return quoted(text_name(column))


def text_name(column: Column) -> str:
    """The name of that column."""
    return column.name if column.physical_type == "VARCHAR" else f"text:{column.name}"


def _scale(physical_type: str) -> int:
    return int(physical_type.rstrip(")").split(",")[1])


def _shape(column: Column) -> tuple[str, str] | None:
    """How the text of the type must look, as a regular expression, and what to call it; None: anything."""
    kind = column.physical_type.split("(")[0]
    if kind == "DECIMAL":
        places = _scale(column.physical_type)
        pattern = rf"\s*[+-]?(\d+(\.\d{{0,{places}}}0*)?|\.\d{{1,{places}}}0*)\s*"
        return pattern, f"a number of at most {places} decimal places within {column.physical_type}"
    if kind in ("INTEGER", "BIGINT"):
        return r"\s*[+-]?\d+(\.0*)?\s*", f"a whole number within {kind}"
    if kind == "DOUBLE":
        return r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", "a finite number"
    if kind == "DATE":
        return r"\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?", "a date of the calendar, YYYY-MM-DD"
    if kind == "TIMESTAMP":
        pattern = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?Z?)?"
        return pattern, "a moment in UTC without offset, YYYY-MM-DD HH:MM:SS"
    if kind == "BOOLEAN":
        return r"(?i)true|false|t|f|1|0", "true or false"
    return None


def _limit(column: Column, bound: str) -> str:
    kind = column.physical_type.split("(")[0]
    return f"{kind} {literal(bound)}" if kind in ("DATE", "TIMESTAMP") else bound


def _value_rules(column: Column) -> Iterator[Rule]:
    value, text, name = quoted(column.name), text_of(column), column.name
    if column.required:
        yield Rule("required", name, f"{text} IS NOT NULL", f"{name} is missing, and every row needs it.")
    absent = "" if column.required else f"{text} IS NULL OR "
    if shape := _shape(column):
        pattern, meaning = shape
        condition = f"{value} IS NOT NULL AND regexp_full_match({text}, {literal(pattern)})"
        yield Rule("type", name, f"({absent}({condition}))", f"{name} is not {meaning}.")
    if column.physical_type == "JSON":
        yield Rule("type", name, f"({absent}json_valid({text}))", f"{name} is not JSON.")
    if column.values:
        allowed = ", ".join(map(literal, column.values))
        yield Rule(
            "valid_values",
            name,
            f"({absent}{value} IN ({allowed}))",
            f"{name} is none of {', '.join(column.values)}.",
        )
    if column.pattern:
        yield Rule(
            "pattern",
            name,
            f"({absent}regexp_full_match({value}, {literal(column.pattern)}))",
            f"{name} does not look like {column.pattern}.",
        )
    if column.minimum is not None:
        yield Rule(
            "minimum",
            name,
            f"({absent}{value} >= {_limit(column, column.minimum)})",
            f"{name} is less than {column.minimum}.",
        )
    if column.maximum is not None:
        yield Rule(
            "maximum",
            name,
            f"({absent}{value} <= {_limit(column, column.maximum)})",
            f"{name} is more than {column.maximum}.",
        )


def rules_of(contract: Contract) -> tuple[Rule, ...]:
    """Every rule that one row alone can break, in the order in which they are judged."""
    structure = Rule(STRUCTURE, None, STRUCTURE_OK, "The record does not have the expected fields.")
    values = (rule for column in contract.fields for rule in _value_rules(column))
    rows = (
        Rule(rule.id, rule.column, f"coalesce({rule.condition}, true)", rule.description)
        for rule in contract.rules
    )
    return (structure, *values, *rows)
