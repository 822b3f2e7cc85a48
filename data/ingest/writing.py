"""The checked rows as raw Parquet: one file per version and month, durable before the ledger names it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date

import duckdb

from data.ingest.contracts import Contract
from data.ingest.ledger import RawFile
from data.ingest.rules import literal, quoted
from runtime.files import fsync_dir, fsync_file
from runtime.settings import Settings


@dataclass(frozen=True)
class Provenance:
    """Where rows come from; `suffix` tells rows apart that left quarantine later."""

    version_id: str
    source: str
    business_date: date
    suffix: str = ""


def write_raw(
    con: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract, origin: Provenance
) -> tuple[tuple[RawFile, ...], str | None]:
    """Write the rows of `loaded` that are `ok`, sorted by key; gives the files and the control total."""
    business_month = origin.business_date.strftime("%Y-%m")
    month = f"strftime({quoted(contract.event_time)}, '%Y-%m')" if contract.event_time else literal(business_month)
    total = f"sum({quoted(contract.control_total)})::VARCHAR" if contract.control_total else "max(NULL)"
    counts = ", ".join(f"count({quoted(column.name)})" for column in contract.fields)
    groups = con.execute(
        f"SELECT {month} AS month, count(*), {counts} FROM loaded WHERE ok GROUP BY ALL ORDER BY 1"
    ).fetchall()
    ((control_total,),) = con.execute(f"SELECT {total} FROM loaded WHERE ok").fetchall()
    files = []
    for name, rows, *filled in groups:
        only = "" if len(groups) == 1 else f" AND {month} = {literal(name)}"
        path = f"{contract.table}/month={name}/{origin.version_id}{origin.suffix}.parquet"
        _write_file(con, settings, contract, origin, path, only)
        columns = tuple(c.name for c, count in zip(contract.fields, filled, strict=True) if count)
        files.append(RawFile(path, name, rows, columns))
    return tuple(files), control_total


def _write_file(
    con: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract, origin: Provenance, path: str, only: str
) -> None:
    final = settings.raw / path
    temporary = final.with_name(f".{final.name}.tmp")
    final.parent.mkdir(parents=True, exist_ok=True)
    own = ", ".join(quoted(column.name) for column in contract.fields)
    order = ", ".join(map(quoted, contract.key))
    try:
        con.execute(
            f"COPY (SELECT {own}, {literal(origin.version_id)} AS version_id, "
            f"DATE {literal(origin.business_date.isoformat())} AS business_date, {literal(origin.source)} AS source, "
            f"line_number FROM loaded WHERE ok{only} ORDER BY {order}, line_number) "
            f"TO {literal(str(temporary))} (FORMAT parquet, COMPRESSION zstd)"
        )
        fsync_file(temporary)
        os.replace(temporary, final)
        fsync_dir(final.parent)
    finally:
        temporary.unlink(missing_ok=True)
