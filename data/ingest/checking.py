"""Judging the temporary table `loaded` (what `pipeline.checked_sql` gives): duplicates, missing parents.

It holds the files of one batch, told apart by their business date. What may not be loaded is written to the
temporary table `finding`, never fetched: a file that came before its parents has as many as it has rows.
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

FINDING = (
    "CREATE OR REPLACE TEMP TABLE finding (row BIGINT, business_date DATE, line BIGINT, column_name VARCHAR, "
    "value VARCHAR, rule VARCHAR, reason VARCHAR, mapped VARCHAR, same_as VARCHAR)"
)
"""Makes the empty table of rows that may not be loaded.

`row` is the row's rowid in `loaded`, NULL for one that breaks a row rule. `mapped` are its texts by contract
column as a JSON list, for one that may be loaded one day; `same_as` is the live version with its key.
"""


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
) -> int:
    """Add the good rows of `loaded` that are duplicates or lack a parent to `finding`; gives their number.

    Their `ok` is false afterwards.
    """
    contract = subject.contract
    if not any(summary.good for summary in summaries.values()):
        return 0
    found = 0
    if any(summary.good != summary.keys for summary in summaries.values()):
        found += _reject(con, _duplicates_within(contract))
    if contract.event_time:
        months = {month.month for summary in summaries.values() for month in summary.months}
        others = [
            raw / file["path"]
            for file in ledger.live_files(connection, contract.table)
            if file["month"] in months and file["version_id"] not in subject.ignored
        ]
        if others:
            found += _reject(con, _duplicates_of_live(contract, others))
    for column in contract.parents:
        parent = column.foreign_key
        if parent is None:
            continue
        files = ledger.live_files(connection, parent.table)
        if files or parent.table in subject.parents:
            near, far = _by_distance(files, max(summaries))
            # most files have no orphan: then the near parents alone are looked at
            if _count(con, _without(column, parent, [near], raw)):
                without = _without(column, parent, [near, far], raw)
                found += _reject(con, _orphans(contract, column, parent, without))
    return found


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    ((count,),) = con.execute(f"SELECT count(*) FROM ({query})").fetchall()
    return count


def _reject(con: duckdb.DuckDBPyConnection, findings: str) -> int:
    """Add what a query finds among the good rows; gives their number."""
    ((found,),) = con.execute(f"INSERT INTO finding {findings}").fetchall()
    if found:
        con.execute("UPDATE loaded SET ok = false WHERE ok AND rowid IN (SELECT row FROM finding)")
    return found


def _key_shown(contract: Contract) -> str:
    """The key of a row of `loaded`, as a person reads it."""
    texts = ", ".join(f"coalesce({quoted(key)}::VARCHAR, '')" for key in contract.key)
    return f"concat_ws(', ', {texts})"


def _mapped(contract: Contract) -> str:
    """The texts of a row of `loaded` by contract column, as a JSON list."""
    texts = ", ".join(f"CAST({quoted(column.name)} AS VARCHAR)" for column in contract.fields)
    return f"CAST(to_json([{texts}]) AS VARCHAR)"


def _duplicates_within(contract: Contract) -> str:
    """Rows whose key stands more than once in the file.

    Of rows equal in every column the first is kept. Where they differ nobody can say which is right, so
    none is.
    """
    keys = ", ".join(map(quoted, contract.key))
    values = ", ".join(quoted(column.name) for column in contract.fields)
    return f"""
        SELECT row, business_date, line_number, {literal(", ".join(contract.key))}, key, {literal(DUPLICATE)},
            CASE WHEN contents = 1 THEN 'The row is the same as line ' || first_line || ' of the file.'
                ELSE 'The key stands several times in the file, first on line ' || first_line
                    || ', with different content: nobody can say which is right.' END,
            NULL, NULL
        FROM (SELECT rowid AS row, business_date, line_number, {_key_shown(contract)} AS key,
                count(*) OVER same AS n, min(line_number) OVER same AS first_line,
                count(DISTINCT hash({values})) OVER same AS contents,
                row_number() OVER (PARTITION BY business_date, {keys} ORDER BY line_number, rowid) AS number
            FROM loaded WHERE ok WINDOW same AS (PARTITION BY business_date, {keys}))
        WHERE n > 1 AND (contents > 1 OR number > 1)"""


def _duplicates_of_live(contract: Contract, live: Sequence[Path]) -> str:
    """Rows whose key is live already, from another delivery of the same table and month."""
    same = " AND ".join(f"l.{quoted(k)} IS NOT DISTINCT FROM o.{quoted(k)}" for k in contract.key)
    return f"""
        SELECT row, business_date, line_number, {literal(", ".join(contract.key))}, {_key_shown(contract)},
            {literal(DUPLICATE)}, 'The key is live already, from delivery ' || same_as || '.',
            {_mapped(contract)}, same_as
        FROM loaded JOIN (
            SELECT l.rowid AS row, min(o.version_id) AS same_as FROM loaded l JOIN {parquet(live)} o ON {same}
            WHERE l.ok GROUP BY ALL) ON loaded.rowid = row"""


def _by_distance(
    files: Sequence[sqlite3.Row], business_date: date
) -> tuple[Sequence[sqlite3.Row], Sequence[sqlite3.Row]]:
    """The few parent files nearest in time, where nearly every parent is, and all others.

    Looking first at the near ones, a month costs the same however long the history.
    """
    before = [row for row in files if row["business_date"] <= business_date.isoformat()]
    near = before[-NEAR_FILES:] or files[:NEAR_FILES]
    return near, [row for row in files if row not in near]


def _without(column: Column, parent: ForeignKey, groups: Iterable[Sequence[sqlite3.Row]], raw: Path) -> str:
    """Good rows whose parent is in none of the files, one group of files looked at after the other."""
    name = quoted(column.name)
    orphans = f"SELECT rowid AS row, {name} AS parent FROM loaded WHERE ok AND {name} IS NOT NULL"
    for files in groups:
        if files:
            source = parquet(raw / row["path"] for row in files)
            same = f"p.{quoted(parent.column)} = w.parent"
            orphans = f"SELECT w.row, w.parent FROM ({orphans}) w ANTI JOIN {source} p ON {same}"
    return orphans


def _orphans(contract: Contract, column: Column, parent: ForeignKey, without: str) -> str:
    """Rows whose parent is not live yet, from those that are without it."""
    before, after = literal(f"{parent.table}.{parent.column} '"), literal("' was not delivered yet.")
    return f"""
        SELECT row, business_date, line_number, {literal(column.name)}, parent, {literal(WAITS)},
            {before} || parent || {after}, {_mapped(contract)}, NULL
        FROM loaded JOIN ({without}) ON loaded.rowid = row"""
