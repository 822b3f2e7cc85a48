"""Rows that wait in quarantine for their parent, released when it has come."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

import pyarrow as pa

from data.ingest import ledger
from data.ingest.checking import Finding, Subject, reject_late, summarise
from data.ingest.contracts import Contract, load_contracts
from data.ingest.ledger import Rejected
from data.ingest.loader import Loader, value_of
from data.ingest.pipeline import broken_sql, checked_sql
from data.ingest.rules import BUSINESS_DATE, LINE, STRUCTURE_OK, rules_of, text_name
from data.ingest.writing import Provenance, write_raw


def release(loader: Loader) -> int:
    """Load every waiting row whose parent is live by now; gives their number.

    Parents come before children, so one pass also frees the rows that wait for rows that waited. A table
    is looked at only if one of its parents changed since the last time.
    """
    released = 0
    for contract in load_contracts().values():
        parents = [column.foreign_key.table for column in contract.parents if column.foreign_key]
        if not parents:
            continue
        seen = ledger.parents_changed(loader.connection, contract.table, parents)
        if seen is None:
            continue
        rows = ledger.waiting(loader.connection, contract.table)
        for _, group in groupby(rows, key=lambda row: row["version_id"]):
            released += _release(loader, contract, list(group))
        ledger.note_waiting_checked(loader.connection, contract.table, seen)
    return released


def _release(loader: Loader, contract: Contract, rows: Sequence[sqlite3.Row]) -> int:
    """Judge the waiting rows of one version again, by all rules; write the good ones beside its files."""
    con, first = loader.con, rows[0]
    version_id, business_date = first["version_id"], date.fromisoformat(first["business_date"])
    rules = rules_of(contract)
    con.register("waiting_rows", _relation(contract, business_date, rows))
    try:
        waiting = "SELECT * FROM waiting_rows"
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE loaded AS {checked_sql(contract, rules, waiting)}"
        ).fetchall()
        broken = con.execute(broken_sql(contract, rules, waiting)).fetchall()
    finally:
        con.unregister("waiting_rows")
    # nothing is ignored: a key that was loaded meanwhile is a duplicate now
    parents = frozenset(column.foreign_key.table for column in contract.parents if column.foreign_key)
    subject = Subject(contract, frozenset(), parents)
    late = reject_late(con, loader.connection, loader.settings.raw, subject, summarise(con, contract))
    findings = dict(late)
    for row, _, number, texts in broken:
        rule = rules[number]
        value = value_of(contract, rule.column, texts)
        findings[row] = Finding(row, rule.column, value, rule.id, rule.reason)
    released = [row["id"] for number, row in enumerate(rows) if number not in findings]
    if released:
        count = ledger.release_count(loader.connection, version_id)
        origin = Provenance(version_id, first["source"], business_date, f".r{count + 1}")
        summary = summarise(con, contract)[business_date]
        files = write_raw(con, loader.settings, contract, origin, summary)
        changed = [(rows[row]["id"], _again(rows[row], finding)) for row, finding in findings.items()]
        total = _sum(first["control_total"], summary.control_total)
        ledger.record_release(loader.connection, version_id, contract.table, files, released, changed, total)
    return len(released)


def _again(row: sqlite3.Row, finding: Finding) -> Rejected:
    return Rejected(
        row["line_number"], finding.column, finding.value, finding.rule, finding.reason, row["raw_text"]
    )


def _sum(before: str | None, more: Decimal | None) -> Decimal | None:
    parts = [Decimal(part) for part in (before, more) if part is not None]
    return sum(parts, Decimal(0)) if parts else None


def _relation(contract: Contract, business_date: date, rows: Sequence[sqlite3.Row]) -> pa.Table:
    """The rows as they were mapped, in the order of `rows`."""
    mapped = [json.loads(row["mapped"]) for row in rows]
    columns = {
        LINE.strip('"'): pa.array([row["line_number"] for row in rows], pa.int64()),
        STRUCTURE_OK.strip('"'): pa.repeat(True, len(rows)),
        BUSINESS_DATE.strip('"'): pa.repeat(pa.scalar(business_date, pa.date32()), len(rows)),
    }
    for number, column in enumerate(contract.fields):
        columns[text_name(column)] = pa.array([texts[number] for texts in mapped], pa.string())
    return pa.table(columns)
