"""Judging the temporary table `loaded` (what `pipeline.checked_sql` gives): duplicates, missing parents.

It holds the files of one batch, told apart by their business date.

A row that may not be loaded is found by its rowid.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import duckdb

from data.ingest import ledger
from data.ingest.contracts import Column, Contract, ForeignKey
from data.ingest.rules import DUPLICATE, WAITS, literal, quoted

NEAR_FILES = 2


@dataclass(frozen=True)
class Finding:
    """A row of `loaded` that may not be loaded, by its rowid; `same_as` is the live version with its key."""

    rowid: int
    column: str | None
    value: str | None
    rule: str
    reason: str
    same_as: str | None = None


def parquet(paths: Iterable[Path]) -> str:
    """A relation over Parquet files."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}], hive_partitioning = false)"


@dataclass(frozen=True)
class Subject:
    """What is being judged. Rows of `ignored` versions don't count as live; `parents` are the tables that
    this bank delivers, so that a row may wait for them: a bank without a table is not asked for it.
    """

    contract: Contract
    ignored: frozenset[str]
    parents: frozenset[str]


@dataclass(frozen=True)
class Month:
    """Good rows of `loaded` in one month."""

    month: str
    rows: int


@dataclass(frozen=True)
class Summary:
    """What `loaded` holds of one file: all rows, good ones by month, their distinct keys, control total."""

    rows: int = 0
    keys: int = 0
    months: tuple[Month, ...] = ()
    control_total: Decimal | None = None

    @property
    def good(self) -> int:
        """Good rows."""
        return sum(month.rows for month in self.months)


def summarise(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[date, Summary]:
    """What `loaded` holds, by business date; nothing for a file without rows."""
    month = f"strftime({quoted(contract.event_time or 'business_date')}, '%Y-%m')"
    total = f"sum({quoted(contract.control_total)})" if contract.control_total else "NULL"
    groups = con.execute(
        f"SELECT business_date, ok, CASE WHEN ok THEN {month} END AS month, count(*), {total} "
        "FROM loaded GROUP BY ALL ORDER BY 1, 2, 3"
    ).fetchall()
    keys = dict(
        con.execute(
            f"SELECT business_date, {_distinct_keys(contract)} FROM loaded WHERE ok GROUP BY 1"
        ).fetchall()
    )
    found = {}
    for day, of_day in groupby(groups, key=lambda group: group[0]):
        rows = list(of_day)
        good = [row for row in rows if row[1]]
        totals = [row[4] for row in good if row[4] is not None]
        found[day] = Summary(
            rows=sum(row[3] for row in rows),
            keys=keys.get(day, 0),
            months=tuple(Month(row[2], row[3]) for row in good),
            control_total=sum(totals, Decimal(0)) if totals else None,
        )
    return found


def share_keys(con: duckdb.DuckDBPyConnection, contract: Contract, summaries: Collection[Summary]) -> bool:
    """Whether the same event stands in several files of `loaded`."""
    if not contract.event_time or len(summaries) < 2:
        return False
    ((keys,),) = con.execute(f"SELECT {_distinct_keys(contract)} FROM loaded WHERE ok").fetchall()
    return keys < sum(summary.keys for summary in summaries)


def _distinct_keys(contract: Contract) -> str:
    return f"count(DISTINCT hash({', '.join(map(quoted, contract.key))}))"


def reject_late(
    con: duckdb.DuckDBPyConnection,
    connection: sqlite3.Connection,
    raw: Path,
    subject: Subject,
    summaries: Mapping[date, Summary],
) -> dict[int, Finding]:
    """Good rows of `loaded` that are duplicates or lack a parent, by rowid; `ok` is false afterwards."""
    contract = subject.contract
    findings: dict[int, Finding] = {}

    def reject(found: Iterable[Finding]) -> None:
        new = {finding.rowid: finding for finding in found if finding.rowid not in findings}
        if new:
            con.execute(f"UPDATE loaded SET ok = false WHERE rowid IN ({', '.join(map(str, new))})")
            findings.update(new)

    if not any(summary.good for summary in summaries.values()):
        return findings
    if any(summary.good != summary.keys for summary in summaries.values()):
        reject(_duplicates_within(con, contract))
    if contract.event_time:
        months = {month.month for summary in summaries.values() for month in summary.months}
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
            reject(_orphans(con, raw, column, max(summaries), files))
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
                row_number() OVER (PARTITION BY business_date, {keys} ORDER BY line_number, rowid) AS number
            FROM loaded WHERE ok WINDOW same AS (PARTITION BY business_date, {keys}))
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
            version,
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
    rows = _without(con, column, [near], raw, parent)
    if rows and len(near) < len(files):
        rest = [row for row in files if row not in near]
        rows = _without(con, column, [near, rest], raw, parent)
    return [
        Finding(
            row, column.name, value, WAITS, f"{parent.table}.{parent.column} {value!r} was not delivered yet."
        )
        for row, value in rows
    ]


def _without(
    con: duckdb.DuckDBPyConnection,
    column: Column,
    groups: Sequence[Sequence[sqlite3.Row]],
    raw: Path,
    parent: ForeignKey,
) -> list[tuple[int, str]]:
    """Good rows whose parent is in none of the files, one group of files looked at after the other."""
    name = quoted(column.name)
    orphans = f"SELECT rowid AS row, {name} AS parent FROM loaded WHERE ok AND {name} IS NOT NULL"
    for files in groups:
        if files:
            source = parquet(raw / row["path"] for row in files)
            same = f"p.{quoted(parent.column)} = w.parent"
            orphans = f"SELECT w.row, w.parent FROM ({orphans}) w ANTI JOIN {source} p ON {same}"
    return con.execute(f"{orphans} ORDER BY 1").fetchall()
