"""Rows that wait in quarantine until their reason is gone: their parent came, or the delivery that held
another row with their key was superseded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from data.ingest import ledger
from data.ingest.checking import Subject, Summary, reject_late, summarise
from data.ingest.contracts import Contract, load_contracts
from data.ingest.ledger import Judged
from data.ingest.loader import FETCHED, Loader
from data.ingest.mapping import known_sources, load_mapping
from data.ingest.pipeline import broken_sql, checked_sql
from data.ingest.rules import BUSINESS_DATE, LINE, STRUCTURE_OK, WAITING_ID, literal, rules_of, text_of
from data.ingest.writing import Provenance, write_raw


def release(loader: Loader) -> int:
    """Load every row in quarantine whose reason is gone by now; gives their number.

    Parents come before children, so one pass also frees the rows that wait for rows that waited. Rows that
    wait for a parent are looked at only if a parent table changed since the last time.
    """
    released = 0
    for contract in load_contracts().values():
        parents = _parents(contract)
        seen = ledger.parents_changed(loader.connection, contract.table, parents) if parents else None
        orphans = seen is not None
        for version in ledger.waiting(loader.connection, contract.table, orphans):
            released += _release(loader, contract, version, orphans)
        if seen is not None:
            ledger.note_waiting_checked(loader.connection, contract.table, seen)
    return released


def _parents(contract: Contract) -> frozenset[str]:
    return frozenset(column.foreign_key.table for column in contract.parents if column.foreign_key)


def _release(loader: Loader, contract: Contract, version: sqlite3.Row, orphans: bool) -> int:
    """Judge those rows of one version again, by all rules; write the good ones beside its files."""
    con, connection = loader.con, loader.connection
    version_id, business_date = version["version_id"], date.fromisoformat(version["business_date"])
    _fetch(loader, contract, version, orphans)
    rules, waiting = rules_of(contract), "SELECT * FROM waiting_row"
    checked = checked_sql(contract, rules, waiting, carried=[WAITING_ID])
    con.execute(f"CREATE TEMP TABLE loaded AS {checked}")
    broken = broken_sql(contract, rules, waiting, row=WAITING_ID)
    con.execute(
        "INSERT INTO finding SELECT loaded.rowid, b.* EXCLUDE (row) "
        f"FROM ({broken}) b JOIN loaded ON loaded.{WAITING_ID} = b.row"
    )
    # nothing is ignored: a key that was loaded meanwhile is a duplicate now
    subject = Subject(contract, frozenset(), _asked_for(version["source"], contract))
    reject_late(con, connection, loader.settings.raw, subject, summarise(con, contract))
    summary = summarise(con, contract).get(business_date, Summary())
    suffix = f".r{ledger.release_count(connection, version_id) + 1}"
    origin = Provenance(version_id, version["source"], business_date, suffix)
    ledger.record_release(
        connection,
        version_id,
        contract.table,
        write_raw(con, loader.settings, contract, origin, summary),
        (row[0] for row in _rows(con, f"SELECT {WAITING_ID} FROM loaded WHERE ok")),
        (
            Judged(*row)
            for row in _rows(
                con,
                f"SELECT {WAITING_ID}, column_name, value, rule, reason, same_as "
                "FROM finding JOIN loaded ON loaded.rowid = finding.row",
            )
        ),
        _sum(version["control_total"], summary.control_total),
    )
    return summary.good


def _asked_for(source: str, contract: Contract) -> frozenset[str]:
    """The parents that a row of this source needs, as when it was loaded: those that the source delivers.

    Of a source whose mapping was taken away that is not known: its rows need all of them.
    """
    return load_mapping(source).tables if source in known_sources() else _parents(contract)


def _fetch(loader: Loader, contract: Contract, version: sqlite3.Row, orphans: bool) -> None:
    """The rows as they were mapped, as the table `waiting_row`."""
    con, day = loader.con, f"DATE {literal(version['business_date'])}"
    names = [text_of(column) for column in contract.fields]
    types = ", ".join(f"{name} VARCHAR" for name in names)
    texts = ", ".join(f"texts[{number}]" for number in range(1, len(names) + 1))
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE waiting_row ({WAITING_ID} BIGINT, {LINE} BIGINT, "
        f"{STRUCTURE_OK} BOOLEAN, {BUSINESS_DATE} DATE, {types})"
    )
    rows = ledger.waiting_rows(loader.connection, version["version_id"], orphans)
    size = 0
    while chunk := rows.fetchmany(FETCHED):
        ids, lines, mapped = zip(*chunk, strict=True)
        size += sum(map(len, mapped))
        fetched = pa.table({"id": ids, "line": lines, "mapped": pa.array(mapped, pa.string())})
        con.register("fetched", fetched)
        con.execute(
            f"INSERT INTO waiting_row SELECT id, line, true, {day}, {texts} "
            """FROM (SELECT id, line, from_json(mapped, '["VARCHAR"]') AS texts FROM fetched)"""
        )
    con.unregister("fetched")
    loader.begin(size)


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    """The result of a query, never all of it at once."""
    con.execute(query)
    while rows := con.fetchmany(FETCHED):
        yield from rows


def _sum(before: str | None, more: Decimal | None) -> Decimal | None:
    parts = [Decimal(part) for part in (before, more) if part is not None]
    return sum(parts, Decimal(0)) if parts else None
