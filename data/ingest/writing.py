"""The checked rows as raw Parquet: one file per version and month, durable before the ledger names it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from data.ingest.checking import Summary
from data.ingest.contracts import Contract
from data.ingest.ledger import RawFile
from data.ingest.rules import literal, quoted
from runtime.files import fsync_dir, fsync_file
from runtime.settings import Settings

# the second version's encodings and the lowest level: a fifth smaller than the defaults, for less work
_FORMAT = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1"


@dataclass(frozen=True)
class Provenance:
    """Where rows come from; `suffix` tells rows apart that left quarantine later."""

    version_id: str
    source: str
    business_date: date
    suffix: str = ""


def write_raw(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    origin: Provenance,
    summary: Summary,
) -> tuple[RawFile, ...]:
    """Write the rows of `loaded` of that business date that are `ok`, sorted by key."""
    files = []
    for month in summary.months:
        only = ""
        if len(summary.months) > 1 and contract.event_time:
            only = f" AND strftime({quoted(contract.event_time)}, '%Y-%m') = {literal(month.month)}"
        path = f"{contract.table}/month={month.month}/{origin.version_id}{origin.suffix}.parquet"
        _write_file(con, settings, contract, origin, path, only)
        rows, filled = _contents(settings.raw / path, contract)
        files.append(RawFile(path, month.month, rows, filled))
    return tuple(files)


def _write_file(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Contract,
    origin: Provenance,
    path: str,
    only: str,
) -> None:
    final = settings.raw / path
    temporary = final.with_name(f".{final.name}.tmp")
    final.parent.mkdir(parents=True, exist_ok=True)
    own = ", ".join(quoted(column.name) for column in contract.fields)
    order = ", ".join(map(quoted, contract.key))
    try:
        con.execute(
            f"COPY (SELECT {own}, {literal(origin.version_id)} AS version_id, business_date, "
            f"{literal(origin.source)} AS source, line_number FROM loaded "
            f"WHERE ok AND business_date = {literal(origin.business_date.isoformat())}{only} "
            f"ORDER BY {order}, line_number) "
            f"TO {literal(str(temporary))} ({_FORMAT})"
        )
        fsync_file(temporary)
        os.replace(temporary, final)
        fsync_dir(final.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _contents(path: Path, contract: Contract) -> tuple[int, tuple[str, ...]]:
    """Rows that were really written, and the columns that hold data, from the file's own footer."""
    footer = pq.read_metadata(path)
    nulls = [0] * len(contract.fields)
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        for position in range(len(nulls)):
            nulls[position] += group.column(position).statistics.null_count
    names = [column.name for column in contract.fields]
    return footer.num_rows, tuple(n for n, empty in zip(names, nulls, strict=True) if empty < footer.num_rows)
