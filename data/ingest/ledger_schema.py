"""The ledger's tables, and how a ledger of an earlier version becomes one of this version.

Moments of arrival are facts that no landing folder can give back: a ledger is migrated, never begun anew.
"""

from __future__ import annotations

import sqlite3

from runtime.errors import BankError

VERSION = 2

_TABLES = """
CREATE TABLE source (
    source TEXT PRIMARY KEY, bank TEXT NOT NULL, role TEXT NOT NULL, currency_code TEXT, observed_until TEXT
);
CREATE TABLE landing_file (
    source TEXT NOT NULL, file_name TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL, arrival INTEGER NOT NULL, PRIMARY KEY (source, file_name)
);
CREATE INDEX landing_file_arrival ON landing_file (arrival);
CREATE TABLE delivery (
    version_id TEXT PRIMARY KEY, source TEXT NOT NULL, table_name TEXT NOT NULL, business_date TEXT NOT NULL,
    part TEXT NOT NULL, arrival INTEGER NOT NULL, received_at TEXT NOT NULL, file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    rows_delivered INTEGER NOT NULL, rows_loaded INTEGER NOT NULL, rows_quarantined INTEGER NOT NULL,
    control_total TEXT, contract_version TEXT NOT NULL, mapping_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'superseded', 'refused')),
    supersedes TEXT, superseded_at TEXT, reason TEXT,
    CHECK (rows_delivered = rows_loaded + rows_quarantined)
);
CREATE INDEX delivery_subject ON delivery (source, table_name, business_date, part);
CREATE TABLE raw_file (
    path TEXT PRIMARY KEY, version_id TEXT NOT NULL REFERENCES delivery, table_name TEXT NOT NULL,
    month TEXT NOT NULL, rows INTEGER NOT NULL, filled TEXT NOT NULL, live_from TEXT NOT NULL
);
CREATE INDEX raw_file_table ON raw_file (table_name, month);
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, version_id TEXT NOT NULL REFERENCES delivery, file_name TEXT NOT NULL,
    line_number INTEGER NOT NULL, column_name TEXT, value TEXT, rule TEXT NOT NULL, reason TEXT NOT NULL,
    raw_text TEXT NOT NULL, mapped TEXT, first_seen TEXT NOT NULL, released_at TEXT, same_as TEXT
);
CREATE INDEX quarantine_version ON quarantine (version_id, rule);
CREATE INDEX quarantine_kept ON quarantine (version_id, same_as) WHERE mapped IS NOT NULL;
CREATE TABLE change (
    position INTEGER PRIMARY KEY AUTOINCREMENT, version_id TEXT NOT NULL, table_name TEXT NOT NULL,
    month TEXT NOT NULL
);
CREATE TABLE waiting_checked (table_name TEXT PRIMARY KEY, position INTEGER NOT NULL);
"""

# Version 2 numbers arrivals, keeps the texts of a duplicate, and leaves to each warehouse what it has seen.
# A file without a delivery of its own repeated the bytes of another one and arrived with it; one that was
# never delivered was not seen yet.
_FROM_1 = """
ALTER TABLE landing_file ADD COLUMN arrival INTEGER NOT NULL DEFAULT 0;
CREATE INDEX landing_file_arrival ON landing_file (arrival);
ALTER TABLE delivery ADD COLUMN arrival INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarantine ADD COLUMN same_as TEXT;
CREATE INDEX quarantine_kept ON quarantine (version_id, same_as) WHERE mapped IS NOT NULL;
CREATE TEMP TABLE arrived AS
    SELECT source, file_name,
        row_number() OVER (ORDER BY coalesce(own, other), own IS NULL, file_name) AS number
    FROM (SELECT f.source, f.file_name,
            (SELECT min(d.received_at) FROM delivery d
                WHERE d.source = f.source AND d.sha256 = f.sha256 AND d.file_name = f.file_name) AS own,
            (SELECT min(d.received_at) FROM delivery d
                WHERE d.source = f.source AND d.sha256 = f.sha256) AS other
        FROM landing_file f)
    WHERE other IS NOT NULL;
DELETE FROM landing_file WHERE (source, file_name) NOT IN (SELECT source, file_name FROM arrived);
UPDATE landing_file SET arrival = (SELECT number FROM arrived a
    WHERE a.source = landing_file.source AND a.file_name = landing_file.file_name);
UPDATE delivery SET arrival = coalesce((SELECT f.arrival FROM landing_file f WHERE f.source = delivery.source
    AND f.file_name = delivery.file_name AND f.sha256 = delivery.sha256), 0);
DROP TABLE arrived;
DROP TABLE built;
"""


def prepare(connection: sqlite3.Connection) -> None:
    """Bring a ledger, or an empty file, to this version.

    Raises:
        BankError: the ledger was written by a later version.
    """
    if _version(connection) == VERSION:
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # again: another process may have been faster
        if version > VERSION:
            raise BankError(
                "The delivery ledger was written by a newer version of the platform.",
                f"It has version {version}; this one reads up to {VERSION}.",
                "Use the newer version of the platform, or another BANK_DATA.",
            )
        for statement in {0: _TABLES, 1: _FROM_1}.get(version, "").split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]
