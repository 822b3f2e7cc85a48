"""Judging the temporary table `loaded`: row rules, duplicates, missing parents.

`loaded` is what `pipeline.checked_sql` gives. A row that may not be loaded is found by its rowid.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from data.ingest import ledger
from data.ingest.contracts import Column, Contract
from data.ingest.rules import DUPLICATE, WAITS, Rule, literal, quoted

NEAR_FILES = 4


@dataclass(frozen=True)
class Finding:
    """A row of `loaded` that may not be loaded, by its rowid."""

    rowid: int
    column: str | None
    value: str | None
    rule: str
    reason: str


def parquet(paths: Iterable[Path]) -> str:
    """A relation over Parquet files."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}], hive_partitioning = false)"


@dataclass(frozen=True)
class Subject:
    """What is being judged. Rows of `ignored` versions don't count as live; `parents` are the tables that
    this bank delivers, so that a row may wait for them: a bank without a table is not asked for it.
    """

    contract: Contract
    business_date: date
    ignored: frozenset[str]
    parents: frozenset[str]


def judge(
    con: duckdb.DuckDBPyConnection, connection: sqlite3.Connection, raw: Path, subject: Subject, rules: Sequence[Rule]
) -> dict[int, Finding]:
    """Everything wrong with `loaded`, one finding for a bad row; afterwards `ok` is true for the others only."""
    contract = subject.contract
    findings = {finding.rowid: finding for finding in _row_rules(con, contract, rules)}

    def reject(found: Iterable[Finding]) -> None:
        new = {finding.rowid: finding for finding in found if finding.rowid not in findings}
        if new:
            con.execute(f"UPDATE loaded SET ok = false WHERE rowid IN ({', '.join(map(str, new))})")
            findings.update(new)

    keys = ", ".join(map(quoted, contract.key))
    ((rows, distinct),) = con.execute(f"SELECT count(*), count(DISTINCT hash({keys})) FROM loaded WHERE ok").fetchall()
    if rows != distinct:
        reject(_duplicates_within(con, contract))
    if contract.event_time:
        month = f"strftime({quoted(contract.event_time)}, '%Y-%m')"
        months = {m for (m,) in con.execute(f"SELECT DISTINCT {month} FROM loaded WHERE ok").fetchall()}
        others = [
            raw / file["path"]
            for file in ledger.live_files(connection, contract.table)
            if file["month"] in months and file["version_id"] not in subject.ignored
        ]
        reject(_duplicates_of_live(con, contract, others))
    for column in contract.parents:
        files = ledger.live_files(connection, column.foreign_key.table) if column.foreign_key else []
        if files or (column.foreign_key and column.foreign_key.table in subject.parents):
            reject(_orphans(con, raw, column, subject.business_date, files))
    return findings


def _row_rules(con: duckdb.DuckDBPyConnection, contract: Contract, rules: Sequence[Rule]) -> list[Finding]:
    names = [column.name for column in contract.fields]
    rows = con.execute("SELECT rowid, rule, texts FROM loaded WHERE NOT ok").fetchall()
    return [
        Finding(row, rule.column, texts[names.index(rule.column)] if rule.column else None, rule.id, rule.reason)
        for row, rule, texts in ((row, rules[number], texts) for row, number, texts in rows)
    ]


def _duplicates_within(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[Finding]:
    """Rows whose key stands more than once in the file.

    Of rows equal in every column the first is kept. Where they differ nobody can say which is right, so
    none is.
    """
    keys, key = ", ".join(map(quoted, contract.key)), f"[{', '.join(f'{quoted(k)}::VARCHAR' for k in contract.key)}]"
    values = ", ".join(quoted(column.name) for column in contract.fields)
    rows = con.execute(
        f"""SELECT row, first_line, contents, number, key FROM (
            SELECT rowid AS row, {key} AS key, min(line_number) OVER same AS first_line, count(*) OVER same AS n,
                count(DISTINCT hash({values})) OVER same AS contents,
                row_number() OVER (PARTITION BY {keys} ORDER BY line_number, rowid) AS number
            FROM loaded WHERE ok WINDOW same AS (PARTITION BY {keys}))
        WHERE n > 1 AND (contents > 1 OR number > 1) ORDER BY row"""
    ).fetchall()
    return [
        Finding(
            row,
            ", ".join(contract.key),
            _shown(values_of_key),
            DUPLICATE,
            f"The row is the same as line {line} of the file."
            if contents == 1
            else f"The key stands several times in the file, first on line {line}, with different content: "
            "nobody can say which is right.",
        )
        for row, line, contents, number, values_of_key in rows
    ]


def _shown(key: Sequence[str | None]) -> str:
    return ", ".join("" if value is None else value for value in key)


def _duplicates_of_live(
    con: duckdb.DuckDBPyConnection, contract: Contract, live: Sequence[Path]
) -> list[Finding]:
    """Rows whose key is live already, from another delivery of the same table and month."""
    if not live:
        return []
    key = f"[{', '.join(f'l.{quoted(k)}::VARCHAR' for k in contract.key)}]"
    same = " AND ".join(f"l.{quoted(k)} IS NOT DISTINCT FROM o.{quoted(k)}" for k in contract.key)
    rows = con.execute(
        f"SELECT l.rowid, min(o.version_id), any_value({key}) FROM loaded l JOIN {parquet(live)} o ON {same} "
        "WHERE l.ok GROUP BY l.rowid ORDER BY l.rowid"
    ).fetchall()
    return [
        Finding(
            row, ", ".join(contract.key), _shown(k), DUPLICATE, f"The key is live already, from delivery {version}."
        )
        for row, version, k in rows
    ]


def _orphans(
    con: duckdb.DuckDBPyConnection, raw: Path, column: Column, business_date: date, files: Sequence[sqlite3.Row]
) -> list[Finding]:
    """Rows whose parent is not live yet.

    Looks first at the few parent files nearest in time, where nearly every parent is, so that a month costs
    the same however long the history; only what is missing there is sought in all of them.
    """
    parent = column.foreign_key
    assert parent is not None
    before = [row for row in files if row["business_date"] <= business_date.isoformat()]
    near = before[-NEAR_FILES:] or files[:NEAR_FILES]
    name = quoted(column.name)
    missing = f"SELECT rowid AS row, {name} AS parent FROM loaded WHERE ok AND {name} IS NOT NULL"
    for group in (near, [row for row in files if row not in near]):
        if not group:
            continue
        source = parquet(raw / row["path"] for row in group)
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE missing AS SELECT m.row, m.parent FROM ({missing}) m "
            f"ANTI JOIN {source} p ON p.{quoted(parent.column)} = m.parent"
        )
        missing = "SELECT row, parent FROM missing"
        if con.execute("SELECT count(*) FROM missing").fetchall() == [(0,)]:
            return []
    rows = con.execute(f"SELECT row, parent FROM ({missing}) ORDER BY row").fetchall()
    return [
        Finding(row, column.name, value, WAITS, f"{parent.table}.{parent.column} {value!r} was not delivered yet.")
        for row, value in rows
    ]
