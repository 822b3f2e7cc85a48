"""The delivery ledger: what came in, what of it was loaded where, what was refused.

One SQLite file. A delivery is one version of one table: (source, table, business date, part) with a
content. Its row is committed after its files are durable, so a raw file that no row names was never
loaded. Nothing is deleted: a newer delivery of the same table and date sets the older to superseded, and
one whose content was loaded before is a version of its own (`data.ingest.arrivals`).

Times are UTC text of fixed width, so that they compare as text. `position` numbers the changes; a warehouse
notes up to which position it has seen each month.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from data.ingest.ledger_schema import prepare
from data.ingest.mapping import Mapping
from data.ingest.rules import WAITS
from runtime.clock import now
from runtime.settings import Settings


class Rejected(NamedTuple):
    """A row in quarantine.

    `mapped`, its texts by contract column as a JSON list, is kept of a row that may leave quarantine: one
    that waits for a parent, or whose key is live from another version, `same_as`.
    """

    line_number: int
    column_name: str | None
    value: str | None
    rule: str
    reason: str
    raw_text: str
    mapped: str | None = None
    same_as: str | None = None


class Judged(NamedTuple):
    """A row that stays in quarantine after it was judged again, by its `id`, for a reason that may be new."""

    id: int
    column_name: str | None
    value: str | None
    rule: str
    reason: str
    same_as: str | None


@dataclass(frozen=True)
class RawFile:
    """One Parquet file: rows of one version and one month. `filled` names the columns that hold data."""

    path: str
    month: str
    rows: int
    filled: tuple[str, ...]


@dataclass(frozen=True)
class Delivery:
    """One version of one table, as it is recorded when it was loaded or refused.

    `arrival` numbers its file's coming into landing.
    """

    version_id: str
    source: str
    table: str
    business_date: date
    part: str
    arrival: int
    file_name: str
    sha256: str
    contract_version: str
    mapping_hash: str
    rows_delivered: int = 0
    rows_loaded: int = 0
    control_total: Decimal | None = None
    raw_files: tuple[RawFile, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class TableRows:
    """How many rows of a table are live."""

    deliveries: int
    rows_loaded: int
    rows_quarantined: int


def timestamp(moment: datetime) -> str:
    """A moment as the ledger writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_of_text(as_of: datetime | None) -> str:
    """A point in time to compare with; without one, after everything."""
    return "9999" if as_of is None else timestamp(as_of)


def ledger_path(settings: Settings) -> Path:
    """Where the ledger is."""
    return settings.ledger / "ledger.sqlite"


@contextmanager
def connect(settings: Settings) -> Iterator[sqlite3.Connection]:
    """The ledger, open; made when it is not there yet. Use `with connection:` for a transaction.

    Raises:
        BankError: it was written by a later version of the platform.
    """
    settings.ledger.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(ledger_path(settings), timeout=30)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        prepare(connection)
        yield connection
    finally:
        connection.close()


@contextmanager
def _reading(settings: Settings) -> Iterator[sqlite3.Connection | None]:
    """The ledger, or None where nothing was ever delivered: asking makes no files."""
    if not ledger_path(settings).exists():
        yield None
        return
    with connect(settings) as connection:
        yield connection


def _all(settings: Settings, query: str, **values: Any) -> list[dict[str, Any]]:
    """Rows of a query, in which `:t` is the moment as of which the settings look at the ledger."""
    with _reading(settings) as connection:
        if connection is None:
            return []
        return [dict(row) for row in connection.execute(query, {"t": as_of_text(settings.as_of), **values})]


def register_source(connection: sqlite3.Connection, mapping: Mapping) -> None:
    """Remember whose files a source delivers."""
    until = mapping.observed_until.isoformat() if mapping.observed_until else None
    with connection:
        connection.execute(
            "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?)",
            (mapping.source, mapping.bank, mapping.role, mapping.currency_code, until),
        )


def other_own_bank(connection: sqlite3.Connection, mapping: Mapping) -> str | None:
    """The own bank that lives here already, if it is another than the mapping's."""
    row = connection.execute(
        "SELECT bank FROM source WHERE role = 'own' AND bank <> ?", (mapping.bank,)
    ).fetchone()
    return row["bank"] if row and mapping.role == "own" else None


def deliveries_of(connection: sqlite3.Connection, source: str) -> list[sqlite3.Row]:
    """What became of every delivery of a source."""
    return connection.execute(
        "SELECT version_id, table_name, business_date, part, arrival, state, mapping_hash FROM delivery "
        "WHERE source = ?",
        (source,),
    ).fetchall()


def refusals(
    connection: sqlite3.Connection, source: str, file_names: Collection[str]
) -> list[dict[str, Any]]:
    """What was refused of some files of a source, and why."""
    rows = connection.execute(
        "SELECT file_name, table_name, reason FROM delivery WHERE source = ? AND state = 'refused'", (source,)
    )
    return [dict(row) for row in rows if row["file_name"] in file_names]


def note_landing_file(
    connection: sqlite3.Connection, source: str, file_name: str, size: int, mtime_ns: int, sha256: str
) -> int:
    """Remember a file in landing; gives the number of its arrival, a new one if its bytes are new."""
    return connection.execute(
        "INSERT INTO landing_file "
        "VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(arrival), 0) + 1 FROM landing_file)) "
        "ON CONFLICT DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, "
        "arrival = CASE WHEN sha256 = excluded.sha256 THEN arrival ELSE excluded.arrival END, "
        "sha256 = excluded.sha256 RETURNING arrival",
        (source, file_name, size, mtime_ns, sha256),
    ).fetchone()[0]


def superseded_by(
    connection: sqlite3.Connection, source: str, table: str, business_date: date, part: str, version_id: str
) -> str | None:
    """The live version that a version of this table and date would supersede."""
    row = connection.execute(
        "SELECT version_id FROM delivery WHERE source = ? AND table_name = ? AND business_date = ? "
        "AND part = ? AND state = 'live' AND version_id <> ?",
        (source, table, business_date.isoformat(), part, version_id),
    ).fetchone()
    return row["version_id"] if row else None


def record(
    connection: sqlite3.Connection,
    deliveries: Iterable[Delivery],
    rejected: Callable[[Delivery], Iterable[Rejected]],
) -> None:
    """Commit deliveries: from here on their rows are live (or they are refused, with the reason).

    `rejected` gives the rows of one that go to quarantine, as many as were delivered and not loaded.
    """
    moment = timestamp(now())
    with connection:
        for delivery in deliveries:
            _record(connection, delivery, rejected(delivery), moment)


def _record(
    connection: sqlite3.Connection, delivery: Delivery, rejected: Iterable[Rejected], moment: str
) -> None:
    state = "refused" if delivery.reason else "live"
    subject = (delivery.source, delivery.table, delivery.business_date, delivery.part, delivery.version_id)
    old = superseded_by(connection, *subject) if state == "live" else None
    connection.execute(
        "DELETE FROM delivery WHERE version_id = ? AND state = 'refused'", (delivery.version_id,)
    )
    if old:
        connection.execute(
            "UPDATE delivery SET state = 'superseded', superseded_at = ? WHERE version_id = ?",
            (moment, old),
        )
        _note_changes(connection, old, delivery.table)
    connection.execute(
        "INSERT INTO delivery (version_id, source, table_name, business_date, part, arrival, received_at, "
        "file_name, sha256, rows_delivered, rows_loaded, rows_quarantined, control_total, contract_version, "
        "mapping_hash, state, supersedes, reason) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            delivery.version_id,
            delivery.source,
            delivery.table,
            delivery.business_date.isoformat(),
            delivery.part,
            delivery.arrival,
            moment,
            delivery.file_name,
            delivery.sha256,
            delivery.rows_delivered,
            delivery.rows_loaded,
            delivery.rows_delivered - delivery.rows_loaded,
            _text(delivery.control_total),
            delivery.contract_version,
            delivery.mapping_hash,
            state,
            old,
            delivery.reason,
        ),
    )
    _add_raw_files(connection, delivery.version_id, delivery.table, delivery.raw_files, moment)
    _add_rejected(connection, delivery.version_id, delivery.file_name, rejected, moment)
    if state == "live" and not delivery.raw_files:
        # nothing to read, but the month was delivered: it is no longer waited for
        month = delivery.business_date.strftime("%Y-%m")
        connection.execute(
            "INSERT INTO change (version_id, table_name, month) VALUES (?, ?, ?)",
            (delivery.version_id, delivery.table, month),
        )
    _note_changes(connection, delivery.version_id, delivery.table)


def record_release(
    connection: sqlite3.Connection,
    version_id: str,
    table: str,
    raw_files: Sequence[RawFile],
    released: Iterable[int],
    kept: Iterable[Judged],
    control_total: Decimal | None,
) -> None:
    """Commit which rows of a version left quarantine, by their id, and why the others stay."""
    moment = timestamp(now())
    with connection:
        _add_raw_files(connection, version_id, table, raw_files, moment)
        count = connection.executemany(
            "UPDATE quarantine SET released_at = ?, mapped = NULL, same_as = NULL WHERE id = ?",
            ((moment, identity) for identity in released),
        ).rowcount
        # in the order of `Judged`; most rows stay for the same reason and are left alone
        connection.executemany(
            "UPDATE quarantine SET column_name = ?2, value = ?3, rule = ?4, reason = ?5, same_as = ?6, "
            f"mapped = CASE WHEN ?4 = '{WAITS}' OR ?6 IS NOT NULL THEN mapped END "
            "WHERE id = ?1 AND (reason IS NOT ?5 OR same_as IS NOT ?6)",
            kept,
        )
        connection.execute(
            "UPDATE delivery SET rows_loaded = rows_loaded + ?, rows_quarantined = rows_quarantined - ?, "
            "control_total = coalesce(?, control_total) WHERE version_id = ?",
            (count, count, _text(control_total), version_id),
        )
        for file in raw_files:
            connection.execute(
                "INSERT INTO change (version_id, table_name, month) VALUES (?, ?, ?)",
                (version_id, table, file.month),
            )


def _text(total: Decimal | None) -> str | None:
    return None if total is None else str(total)


def _note_changes(connection: sqlite3.Connection, version_id: str, table: str) -> None:
    connection.execute(
        "INSERT INTO change (version_id, table_name, month) "
        "SELECT DISTINCT version_id, ?, month FROM raw_file WHERE version_id = ? ORDER BY month",
        (table, version_id),
    )


def _add_raw_files(
    connection: sqlite3.Connection, version_id: str, table: str, files: Iterable[RawFile], moment: str
) -> None:
    connection.executemany(
        "INSERT INTO raw_file VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(f.path, version_id, table, f.month, f.rows, json.dumps(f.filled), moment) for f in files],
    )


def _add_rejected(
    connection: sqlite3.Connection, version_id: str, file_name: str, rows: Iterable[Rejected], moment: str
) -> None:
    connection.executemany(
        "INSERT INTO quarantine (version_id, file_name, line_number, column_name, value, rule, reason, "
        "raw_text, mapped, same_as, first_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((version_id, file_name, *row, moment) for row in rows),
    )


_LIVE = "(d.received_at <= :t AND d.state <> 'refused' AND (d.superseded_at IS NULL OR d.superseded_at > :t))"
"""A delivery `d` counted as of `:t`."""

_HELD = "(q.first_seen <= :t AND (q.released_at IS NULL OR q.released_at > :t))"
"""A row `q` lay in quarantine as of `:t`."""


def live_files(
    connection: sqlite3.Connection, table: str, as_of: datetime | None = None
) -> list[sqlite3.Row]:
    """Raw files of a table that count as of a point in time, oldest business date first."""
    return connection.execute(
        "SELECT f.path, f.month, f.version_id, f.rows, d.business_date FROM raw_file f "
        f"JOIN delivery d USING (version_id) WHERE f.table_name = :table AND {_LIVE} AND f.live_from <= :t "
        "ORDER BY d.business_date, f.path",
        {"table": table, "t": as_of_text(as_of)},
    ).fetchall()


def batch_rows(settings: Settings) -> list[dict[str, Any]]:
    """The batch table's rows."""
    return _all(
        settings,
        "SELECT d.version_id, d.source, d.table_name, d.business_date, d.received_at, d.file_name, d.sha256, "
        "d.rows_delivered, d.control_total, d.contract_version, "
        "(SELECT coalesce(sum(f.rows), 0) FROM raw_file f WHERE f.version_id = d.version_id "
        f"AND f.live_from <= :t) AS rows_loaded FROM delivery d WHERE {_LIVE} "
        "ORDER BY d.table_name, d.business_date, d.version_id",
    )


def quarantine_counts(settings: Settings) -> list[dict[str, Any]]:
    """Rows in quarantine, by live version and rule."""
    return _all(
        settings,
        "SELECT d.version_id, d.table_name, q.rule, count(*) AS rows FROM quarantine q "
        f"JOIN delivery d USING (version_id) WHERE {_LIVE} AND {_HELD} GROUP BY 1, 2, 3 ORDER BY 2, 1, 3",
    )


def rejected_counts(settings: Settings) -> list[dict[str, Any]]:
    """Rows in quarantine, by live version, rule and column."""
    return _all(
        settings,
        "SELECT q.version_id, q.rule, q.column_name, count(*) AS rows FROM quarantine q "
        f"JOIN delivery d USING (version_id) WHERE {_LIVE} AND {_HELD} GROUP BY 1, 2, 3",
    )


def deliveries(settings: Settings) -> list[dict[str, Any]]:
    """Every delivery so far, in the order of arrival, refused and superseded ones included.

    A file that was sent again after a correction stands here twice. `months` are those its rows belong to.
    """
    rows = _all(
        settings,
        "SELECT version_id, source, table_name, business_date, part, received_at, file_name, sha256, "
        "rows_delivered, rows_loaded, rows_quarantined, control_total, contract_version, mapping_hash, "
        f"CASE WHEN {_LIVE} THEN 'live' ELSE state END AS state, supersedes, "
        "CASE WHEN superseded_at <= :t THEN superseded_at END AS superseded_at, reason, "
        "(SELECT json_group_array(DISTINCT f.month) FROM raw_file f "
        "WHERE f.version_id = d.version_id AND f.live_from <= :t) AS months "
        "FROM delivery d WHERE received_at <= :t ORDER BY received_at, rowid",
    )
    return [row | {"months": sorted(json.loads(row["months"]))} for row in rows]


def quarantined(
    settings: Settings, table: str | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """Rows in quarantine, of live deliveries, newest delivery first; the first `limit` of them."""
    return _all(
        settings,
        "SELECT d.table_name, d.source, d.business_date, q.version_id, q.file_name, q.line_number, "
        "q.column_name, q.value, q.rule, q.reason, q.raw_text, q.first_seen "
        "FROM quarantine q JOIN delivery d USING (version_id) "
        f"WHERE {_LIVE} AND {_HELD} AND (:table IS NULL OR d.table_name = :table) "
        "ORDER BY d.received_at DESC, q.line_number, q.id LIMIT :limit",
        table=table,
        limit=-1 if limit is None else limit,
    )


def first_quarantined(settings: Settings) -> list[dict[str, Any]]:
    """Of each live version with rows in quarantine, the first one."""
    return _all(
        settings,
        "SELECT q.version_id, min(q.line_number) AS line_number, q.value, q.reason FROM quarantine q "
        f"JOIN delivery d USING (version_id) WHERE {_LIVE} AND {_HELD} GROUP BY q.version_id",
    )


_MAY_GO_NOW = (
    "q.mapped IS NOT NULL AND (q.same_as IS NULL AND :orphans "
    "OR q.same_as NOT IN (SELECT version_id FROM delivery WHERE state = 'live'))"
)


def waiting(connection: sqlite3.Connection, table: str, orphans: bool) -> list[sqlite3.Row]:
    """Live versions of a table with rows in quarantine whose reason may be gone.

    That is a duplicate of a version that is no longer live and, if `orphans`, a row that waits for its
    parent. By business date, source and part, so that of two rows with one key always the same one goes.
    """
    return connection.execute(
        "SELECT d.version_id, d.source, d.business_date, d.control_total FROM delivery d "
        "WHERE d.table_name = :table AND d.state = 'live' AND EXISTS (SELECT 1 FROM quarantine q "
        f"WHERE q.version_id = d.version_id AND {_MAY_GO_NOW}) ORDER BY d.business_date, d.source, d.part",
        {"table": table, "orphans": orphans},
    ).fetchall()


def waiting_rows(connection: sqlite3.Connection, version_id: str, orphans: bool) -> sqlite3.Cursor:
    """Those rows of one version: id, line, and texts by contract column as a JSON list."""
    return connection.execute(
        f"SELECT q.id, q.line_number, q.mapped FROM quarantine q WHERE q.version_id = :version_id "
        f"AND {_MAY_GO_NOW} ORDER BY q.line_number, q.id",
        {"version_id": version_id, "orphans": orphans},
    )


def parents_changed(connection: sqlite3.Connection, table: str, parents: Iterable[str]) -> int | None:
    """The position of the newest change of a parent since waiting rows were looked at, if there is one."""
    names = sorted(set(parents))
    row = connection.execute(
        f"SELECT max(position) FROM change WHERE table_name IN ({', '.join('?' * len(names))})", names
    ).fetchone()
    seen = connection.execute(
        "SELECT position FROM waiting_checked WHERE table_name = ?", (table,)
    ).fetchone()
    newest = row[0] or 0
    return newest if newest > (seen[0] if seen else 0) else None


def note_waiting_checked(connection: sqlite3.Connection, table: str, seen: int) -> None:
    """Remember up to which change a table's waiting rows were looked at."""
    with connection:
        connection.execute("INSERT OR REPLACE INTO waiting_checked VALUES (?, ?)", (table, seen))


def release_count(connection: sqlite3.Connection, version_id: str) -> int:
    """How often rows of a version left quarantine so far."""
    query = "SELECT count(DISTINCT live_from) FROM raw_file WHERE version_id = ? AND path GLOB '*.r*.parquet'"
    return connection.execute(query, (version_id,)).fetchone()[0]


def table_rows(settings: Settings, table: str, months: Sequence[str] | None = None) -> TableRows:
    """Live rows of a table, in all months or the given ones. Quarantined rows count by business month."""
    picked = None if months is None else json.dumps(list(months))
    within = "(:months IS NULL OR {} IN (SELECT value FROM json_each(:months)))"
    (loaded,) = _all(
        settings,
        "SELECT coalesce(sum(f.rows), 0) AS rows FROM raw_file f JOIN delivery d USING (version_id) "
        f"WHERE f.table_name = :table AND {_LIVE} AND f.live_from <= :t AND {within.format('f.month')}",
        table=table,
        months=picked,
    ) or ({"rows": 0},)
    (counted,) = _all(
        settings,
        "SELECT count(*) AS deliveries, coalesce(sum(rows_quarantined), 0) AS rows FROM delivery d "
        f"WHERE table_name = :table AND {_LIVE} AND {within.format('substr(business_date, 1, 7)')}",
        table=table,
        months=picked,
    ) or ({"deliveries": 0, "rows": 0},)
    return TableRows(counted["deliveries"], loaded["rows"], counted["rows"])


def position(settings: Settings) -> int:
    """The number of the newest change; 0 where nothing was delivered."""
    rows = _all(settings, "SELECT max(position) AS position FROM change")
    return (rows[0]["position"] or 0) if rows else 0


def changed_months(settings: Settings, seen: dict[str, int]) -> list[str]:
    """Months of the own bank that changed after the position up to which they were `seen` (absent: never).

    A change outside of `month_range` (a peer's older figures, a reference table) counts for its nearest end,
    so that building the range makes it seen.
    """
    span = month_range(settings)
    if span is None:
        return []
    changes = _all(settings, "SELECT month, max(position) AS position FROM change GROUP BY month")
    nearest = [(max(span[0], min(span[1], row["month"])), row["position"]) for row in changes]
    return sorted({month for month, changed in nearest if changed > seen.get(month, 0)})


def month_range(settings: Settings) -> tuple[str, str] | None:
    """First and last month of the own bank's events and positions, as `YYYY-MM`; None where there are none.

    Peers don't widen it, nor do reference tables or months after the source's `observed_until`.
    """
    from data.ingest.contracts import load_contracts

    tables = [name for name, contract in load_contracts().items() if contract.by_month]
    rows = _all(
        settings,
        "SELECT min(f.month) AS first, max(f.month) AS last "
        "FROM raw_file f JOIN delivery d USING (version_id) "
        f"JOIN source s USING (source) WHERE {_LIVE} AND f.live_from <= :t AND s.role = 'own' "
        "AND f.table_name IN (SELECT value FROM json_each(:tables)) "
        "AND (s.observed_until IS NULL OR f.month <= substr(s.observed_until, 1, 7))",
        tables=json.dumps(tables),
    )
    return (rows[0]["first"], rows[0]["last"]) if rows and rows[0]["first"] else None


def filled_columns(settings: Settings) -> list[dict[str, Any]]:
    """For each live raw file, its table, month and the columns that hold data (JSON)."""
    return _all(
        settings,
        "SELECT f.table_name, f.month, f.filled FROM raw_file f JOIN delivery d USING (version_id) "
        f"WHERE {_LIVE} AND f.live_from <= :t",
    )


def sources(settings: Settings) -> list[dict[str, Any]]:
    """Every source that delivered, with the last business date up to which it is observed."""
    return _all(
        settings,
        "SELECT s.*, (SELECT max(d.business_date) FROM delivery d "
        f"WHERE d.source = s.source AND {_LIVE} "
        "AND (s.observed_until IS NULL OR d.business_date <= s.observed_until)) AS business_date "
        "FROM source s WHERE EXISTS "
        "(SELECT 1 FROM delivery d WHERE d.source = s.source AND d.received_at <= :t) ORDER BY s.source",
    )
