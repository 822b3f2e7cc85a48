"""The SQL from records to checked rows: one statement for a batch of files, and another for bad rows.

records (line, raw, record, fault, business_date)  →  texts, one column per header name
  →  mapped, the mapping's expression for each contract column, as text
  →  typed, TRY_CAST to the contract's type
  →  checked, whether the row obeys every rule (`ok`)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from data.ingest.contracts import Column, Contract
from data.ingest.mapping import FileKind, Format, Target
from data.ingest.rules import BUSINESS_DATE, LINE, STRUCTURE_OK, Rule, literal, quoted, text_of

MACROS = (
    # each gives back what it can't read, so that the contract's type check reports the delivered text
    """CREATE OR REPLACE TEMP MACRO as_date(value, pattern) AS
       coalesce(strftime(try_strptime(trim(value), pattern), '%Y-%m-%d'), value)""",
    """CREATE OR REPLACE TEMP MACRO as_timestamp(value, pattern) AS
       coalesce(strftime(try_strptime(trim(value), pattern), '%Y-%m-%d %H:%M:%S.%f'), value)""",
    """CREATE OR REPLACE TEMP MACRO from_cents(value) AS
       CASE WHEN regexp_full_match(trim(value), '[+-]?[0-9]{1,36}')
            THEN (CAST(trim(value) AS DECIMAL(36,0)) * 0.01::DECIMAL(2,2))::VARCHAR ELSE value END""",
    """CREATE OR REPLACE TEMP MACRO to_6_places(value) AS
       coalesce(round(try_cast(value AS DECIMAL(38,15)), 6)::VARCHAR, value)""",
)
"""What mapping expressions may use besides DuckDB's own functions."""


def _fields_csv(kind: FileKind) -> tuple[str, str, list[str]]:
    width = len(kind.header)
    return (
        "string_split(record, chr(31))",
        f"fault IS NULL AND len(f) = {width + 1}",
        [f"nullif(f[{position}], '')" for position in range(1, width + 1)],
    )


def _fields_fixed(kind: FileKind) -> tuple[str, str, list[str]]:
    width = max(start + length - 1 for start, length in kind.positions)
    return (
        "record",
        f"length(record) = {width + 1}",
        [f"nullif(trim(substr(f, {start}, {length})), '')" for start, length in kind.positions],
    )


def _fields_jsonl(kind: FileKind) -> tuple[str, str, list[str]]:
    paths = ", ".join(literal(f"$.{json.dumps(key)}") for key in kind.header)
    keys = ", ".join(map(literal, kind.header))
    # a JSON number passes through a DOUBLE: one of more than 15 digits would come out as another number
    exact = r"not regexp_matches(record, ':\s*-?(\d{14,}\.\d{2,}|\d{16,}\.\d)')"
    is_object = "json_valid(record) AND json_type(record) = 'OBJECT'"
    return (
        f"CASE WHEN {is_object} THEN json_extract_string(record, [{paths}]) END",
        f"f IS NOT NULL AND {exact} "
        f"AND list_has_all([{keys}], json_keys(CASE WHEN f IS NOT NULL THEN record END))",
        [f"nullif(f[{position}], '')" for position in range(1, len(kind.header) + 1)],
    )


def texts_sql(kind: FileKind, records: str) -> str:
    """One text column per header name, over the relation `records`."""
    split, structure_ok, fields = {"csv": _fields_csv, "fixed": _fields_fixed, "jsonl": _fields_jsonl}[
        kind.format.kind
    ](kind)
    if kind.format.nulls:
        nulls = ", ".join(map(literal, kind.format.nulls))
        fields = [f"CASE WHEN {field} NOT IN ({nulls}) THEN {field} END" for field in fields]
    names = ", ".join(f"{field} AS {quoted(name)}" for field, name in zip(fields, kind.header, strict=True))
    return (
        f"SELECT line AS {LINE}, coalesce({structure_ok}, false) AS {STRUCTURE_OK}, "
        f"business_date AS {BUSINESS_DATE}, {names} "
        f"FROM (SELECT line, fault, record, business_date, {split} AS f FROM {records} WHERE line > 0)"
    )


def _expression(column: Column, target: Target, header: Sequence[str], form: Format) -> str:
    """The SQL that gives the column's text. Only a bare header name follows the format's conventions."""
    expression = target.columns.get(column.name)
    if expression is None:
        return "NULL"
    if expression not in header:
        return f"({expression})"
    text = f"this.{quoted(expression)}"
    kind = column.physical_type.split("(")[0]
    if kind in ("DECIMAL", "DOUBLE") and form.decimal != ".":
        bare = f"replace({text}, {literal(form.thousands)}, '')" if form.thousands else text
        # a point where a comma is declared is no decimal point: left unreadable instead of guessed
        return (
            f"CASE WHEN contains({bare}, '.') THEN {text} || ' (a point, not {form.decimal})' "
            f"ELSE replace({bare}, {literal(form.decimal)}, '.') END"
        )
    if kind in ("DECIMAL", "DOUBLE") and form.thousands:
        return f"replace({text}, {literal(form.thousands)}, '')"
    if kind == "DATE" and form.date:
        return f"as_date({text}, {literal(form.date)})"
    if kind == "TIMESTAMP" and form.timestamp:
        return f"as_timestamp({text}, {literal(form.timestamp)})"
    return text


def mapped_sql(target: Target, kind: FileKind, texts: str) -> str:
    """The mapping applied: one text per contract column, over the relation `texts`."""
    columns = ", ".join(
        f"CAST({_expression(column, target, kind.header, kind.format)} AS VARCHAR) AS {text_of(column)}"
        for column in target.contract.fields
    )
    where = f" WHERE {target.where}" if target.where else ""
    record = f"this.{LINE}, this.{STRUCTURE_OK}, this.{BUSINESS_DATE}"
    return f"SELECT {record}, {columns} FROM ({texts}) AS this {target.join}{where}"


def _typed(contract: Contract, mapped: str) -> str:
    casts = "".join(
        f", TRY_CAST({text_of(c)} AS {c.physical_type}) AS {quoted(c.name)}"
        for c in contract.fields
        if c.physical_type != "VARCHAR"
    )
    return f"SELECT *, {BUSINESS_DATE} AS business_date{casts} FROM ({mapped})"


def checked_sql(contract: Contract, rules: Sequence[Rule], mapped: str, carried: Sequence[str] = ()) -> str:
    """Typed rows with `business_date`, `line_number` and `ok`, and what is carried along of `mapped`."""
    columns = ", ".join([*(quoted(column.name) for column in contract.fields), *carried])
    ok = " AND ".join(rule.condition for rule in rules)
    return (
        f"SELECT {columns}, business_date, {LINE} AS line_number, coalesce({ok}, false) AS ok "
        f"FROM ({_typed(contract, mapped)})"
    )


def broken_sql(contract: Contract, rules: Sequence[Rule], mapped: str, row: str = "NULL") -> str:
    """Rows that break a rule, with the first one that they break, as the table `finding` has them.

    `row` is what tells a row of `mapped` from others. A statement of its own: most files have no such row,
    and planning this for each of them would cost more than reading a bad file twice.
    """
    names = [column.name for column in contract.fields]
    positions = ("NULL" if rule.column is None else str(names.index(rule.column) + 1) for rule in rules)
    broken = " ".join(
        f"WHEN NOT coalesce({rule.condition}, false) THEN {number}"
        for number, rule in enumerate(rules, start=1)
    )
    texts = ", ".join(text_of(column) for column in contract.fields)
    return (
        f"SELECT row, business_date, line, {_constants(rule.column for rule in rules)}[rule], "
        f"texts[[{', '.join(positions)}][rule]], {_constants(rule.id for rule in rules)}[rule], "
        f"{_constants(rule.reason for rule in rules)}[rule], NULL, NULL "
        f"FROM (SELECT {row} AS row, business_date, {LINE} AS line, [{texts}] AS texts, "
        f"CASE {broken} END AS rule FROM ({_typed(contract, mapped)})) WHERE rule IS NOT NULL"
    )


def _constants(values: Iterable[str | None]) -> str:
    """A list of texts in SQL."""
    return f"[{', '.join('NULL' if value is None else literal(value) for value in values)}]"
