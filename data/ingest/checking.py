"""Judging the temporary table `loaded` (what `pipeline.checked_sql` gives): duplicates, missing parents.

A row that may not be loaded is found by its rowid.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from data.ingest import ledger
from data.ingest.contracts import Column, Contract, ForeignKey
from data.ingest.rules import DUPLICATE, WAITS, literal, quoted

NEAR_FILES = 2


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


@dataclass(frozen=True)
class Month:
    """Good rows of `loaded` in one month."""

    month: str
    rows: int


@dataclass(frozen=True)
class Summary:
    """What `loaded` holds: all rows, good ones by month, distinct keys of the good ones, control total."""

    rows: int
    keys: int
    months: tuple[Month, ...]
    control_total: Decimal | None

    @property
    def good(self) -> int:
        """Good rows."""
        return sum(month.rows for month in self.months)


def summarise(con: duckdb.DuckDBPyConnection, contract: Contract, business_date: date) -> Summary:
    """Look over `loaded` once."""
    event = f"strftime({quoted(contract.event_time)}, '%Y-%m')" if contract.event_time else None
    month = event or literal(business_date.strftime("%Y-%m"))
    keys = f"count(DISTINCT hash({', '.join(map(quoted, contract.key))}))"
    total = f"sum({quoted(contract.control_total)})" if contract.control_total else "NULL"
    groups = con.execute(
        f"SELECT ok, CASE WHEN ok THEN {month} END AS month, count(*), {keys}, {total} "
        "FROM loaded GROUP BY ALL ORDER BY 1, 2"
    ).fetchall()
    good = [group for group in groups if group[0]]
    distinct = sum(group[3] for group in good)
    if len(good) > 1:
        ((distinct,),) = con.execute(f"SELECT {keys} FROM loaded WHERE ok").fetchall()
    totals = [group[4] for group in good if group[4] is not None]
    return Summary(
        rows=sum(group[2] for group in groups),
        keys=distinct,
        months=tuple(Month(group[1], group[2]) for group in good),
        control_total=sum(totals, Decimal(0)) if totals else None,
    )


def reject_late(
    con: duckdb.DuckDBPyConnection,
    connection: sqlite3.Connection,
    raw: Path,
    subject: Subject,
    summary: Summary,
) -> dict[int, Finding]:
    """Good rows of `loaded` that are duplicates or lack a parent, by rowid; `ok` is false afterwards."""
    contract = subject.contract
    findings: dict[int, Finding] = {}

    def reject(found: Iterable[Finding]) -> None:
        new = {finding.rowid: finding for finding in found if finding.rowid not in findings}
        if new:
            con.execute(f"UPDATE loaded SET ok = false WHERE rowid IN ({', '.join(map(str, new))})")
            findings.update(new)

    if not summary.good:
        return findings
    if summary.good != summary.keys:
        reject(_duplicates_within(con, contract))
    if contract.event_time:
        months = {month.month for month in summary.months}
        others = [
            raw / file["path"]
            for file in ledger.live_files(connection, contract.table)
            if file["month"] in months and file["version_id"] not in subject.ignored
        ]
        reject(_duplicates_of_live(con, contract, others))
    for column in contract.parents:
        parent = column.foreign_key
        if parent is None:
            continue
        files = ledger.live_files(connection, parent.table)
        if files or parent.table in subject.parents:
            reject(_orphans(con, raw, column, subject.business_date, files))
    return findings


def _duplicates_within(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[Finding]:
    """Rows whose key stands more than once in the file.

    Of rows equal in every column the first is kept. Where they differ nobody can say which is right, so
    none is.
    """
    keys, key = (
        ", ".join(map(quoted, contract.key)),
        f"[{', '.join(f'{quoted(k)}::VARCHAR' for k in contract.key)}]",
    )
    values = ", ".join(quoted(column.name) for column in contract.fields)
    rows = con.execute(
        f"""SELECT row, first_line, contents, number, key FROM (
            SELECT rowid AS row, {key} AS key, count(*) OVER same AS n,
                min(line_number) OVER same AS first_line,
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
            row,
            ", ".join(contract.key),
            _shown(k),
            DUPLICATE,
            f"The key is live already, from delivery {version}.",
        )
        for row, version, k in rows
    ]


def _orphans(
    con: duckdb.DuckDBPyConnection,
    raw: Path,
    column: Column,
    business_date: date,
    files: Sequence[sqlite3.Row],
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
    wanted = f"SELECT rowid AS row, {name} AS parent FROM loaded WHERE ok AND {name} IS NOT NULL"
    rows = _without(con, wanted, near, raw, parent)
    rest = [row for row in files if row not in near]
    if rows and rest:
        picked = ", ".join(str(row) for row, _ in rows)
        rows = _without(con, f"{wanted} AND rowid IN ({picked})", rest, raw, parent)
    return [
        Finding(
            row, column.name, value, WAITS, f"{parent.table}.{parent.column} {value!r} was not delivered yet."
        )
        for row, value in rows
    ]


def _without(
    con: duckdb.DuckDBPyConnection,
    wanted: str,
    files: Sequence[sqlite3.Row],
    raw: Path,
    parent: ForeignKey,
) -> list[tuple[int, str]]:
    """Those of the `wanted` rows whose parent is in none of the files."""
    if files:
        source = parquet(raw / row["path"] for row in files)
        same = f"p.{quoted(parent.column)} = w.parent"
        wanted = f"SELECT w.row, w.parent FROM ({wanted}) w ANTI JOIN {source} p ON {same}"
    return con.execute(f"SELECT * FROM ({wanted}) ORDER BY 1").fetchall()
