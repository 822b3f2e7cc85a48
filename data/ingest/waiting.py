"""Rows that wait in quarantine for their parent, released when it has come."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import date
from itertools import groupby

import pyarrow as pa

from data.ingest import ledger
from data.ingest.checking import Subject
from data.ingest.contracts import Contract, load_contracts
from data.ingest.ledger import Rejected
from data.ingest.loader import Loader
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
    """The waiting rows of one version: judged again with all rules, good ones written beside the version's files."""
    first = rows[0]
    version_id, business_date = first["version_id"], date.fromisoformat(first["business_date"])
    loader.con.register("waiting_rows", _relation(contract, rows))
    try:
        parents = frozenset(c.foreign_key.table for c in contract.parents if c.foreign_key)
        # its own live rows count: a key that was loaded meanwhile is a duplicate
        subject = Subject(contract, business_date, frozenset(), parents)
        findings = loader.judge(subject, "SELECT * FROM waiting_rows")
    finally:
        loader.con.unregister("waiting_rows")
    good = [row["id"] for number, row in enumerate(rows) if number not in findings]
    if not good:
        return 0
    count = ledger.release_count(loader.connection, version_id)
    origin = Provenance(version_id, first["source"], business_date, f".r{count + 1}")
    files, total = write_raw(loader.con, loader.settings, contract, origin)
    ledger.record_release(
        loader.connection,
        version_id,
        contract.table,
        files,
        good,
        [
            (row["id"], Rejected(row["line_number"], f.column, f.value, f.rule, f.reason, row["raw_text"]))
            for number, row in enumerate(rows)
            if (f := findings.get(number)) is not None
        ],
        total,
    )
    return len(good)


def _relation(contract: Contract, rows: Sequence[sqlite3.Row]) -> pa.Table:
    """The rows as they were mapped, in the order of `rows`."""
    mapped = [json.loads(row["mapped"]) for row in rows]
    columns = {
        "line": pa.array([row["line_number"] for row in rows], pa.int64()),
        "raw": pa.array([row["raw_text"] for row in rows], pa.string()),
        "structure_ok": pa.array([True] * len(rows), pa.bool_()),
    }
    for number, column in enumerate(contract.fields):
        columns[f"text:{column.name}"] = pa.array([texts[number] for texts in mapped], pa.string())
    return pa.table(columns)
