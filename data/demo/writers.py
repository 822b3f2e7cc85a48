"""How the bank's systems write their files. Most write plain CSV; three have conventions of their own."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from data.demo import arrow

GERMAN_HEADER = {
    "date": "Buchungstag",
    "ledger_code": "Sachkonto",
    "cost_center_code": "Kostenstelle",
    "currency_code": "Währung",
    "opening": "Anfangssaldo",
    "debit": "Soll",
    "credit": "Haben",
    "closing": "Endsaldo",
}
"""The ledger's export: `;`, decimal comma, DD.MM.YYYY, latin-1."""

FIXED_WIDTH = (
    ("id", 18),
    ("date", 8),
    ("value_date", 8),
    ("loan_id", 8),
    ("amount", 15),
    ("currency_code", 3),
    ("type", 20),
)
"""(column, width) of the loan system's file: dates YYYYMMDD, amounts in cents zero-padded, text padded
right."""

JSON_KEYS = {
    "contact_id": "contactId",
    "customer_id": "customerId",
    "campaign_id": "campaignId",
    "arm": "arm",
    "channel": "channel",
    "contacted_at": "contactedAt",
    "product_id": "productId",
    "outcome": "outcome",
    "outcome_at": "outcomeAt",
    "cost": "cost",
}
"""The campaign tool's keys; NULL values are left out of the line."""

EXTENSIONS = {"loan_transaction": "txt", "contact": "jsonl.gz"}


def write(folder: Path, name: str, business_date: str, table: pa.Table) -> Path:
    """Write one delivery `<name>_<YYYYMMDD>.<ext>` in the convention of its system; returns its path."""
    path = folder / f"{name}_{business_date}.{EXTENSIONS.get(name, 'csv')}"
    match name:
        case "gl_balance":
            path.write_bytes(_german(table))
        case "loan_transaction":
            path.write_bytes(_fixed_width(table))
        case "contact":
            path.write_bytes(_json_lines(table))
        case _:
            path.write_bytes(_csv(table))
    return path


def _csv(table: pa.Table) -> bytes:
    r"""UTF-8, comma, `\n`, header as in the contract; quotes only where RFC 4180 needs them."""
    sink = io.BytesIO()
    sink.write((",".join(table.column_names) + "\n").encode())
    for quoting in ("none", "needed"):
        body = io.BytesIO()
        try:
            csv.write_csv(table, body, csv.WriteOptions(include_header=False, quoting_style=quoting))
        except pa.ArrowInvalid:  # a value holds a comma or a quote
            continue
        sink.write(body.getvalue())
        return sink.getvalue()
    raise AssertionError("quoting as needed fits every table")


def _german(table: pa.Table) -> bytes:
    columns = {GERMAN_HEADER[name]: table[name] for name in table.column_names}
    for name in ("Anfangssaldo", "Soll", "Haben", "Endsaldo"):
        columns[name] = arrow.kernels.replace_substring(
            arrow.kernels.cast(columns[name], pa.string()), ".", ","
        )
    columns["Buchungstag"] = arrow.kernels.strftime(columns["Buchungstag"], format="%d.%m.%Y")
    sink = io.BytesIO()
    options = csv.WriteOptions(include_header=False, delimiter=";", quoting_style="none")
    csv.write_csv(pa.table(columns), sink, options)
    return ((";".join(columns) + "\n") + sink.getvalue().decode()).encode("latin-1")


def _fixed_width(table: pa.Table) -> bytes:
    cells = []
    for name, width in FIXED_WIDTH:
        column = table[name].combine_chunks()
        if pa.types.is_date(column.type):
            text = arrow.kernels.strftime(column, format="%Y%m%d")
        elif pa.types.is_decimal(column.type):
            text = arrow.kernels.utf8_lpad(
                arrow.kernels.replace_substring(arrow.kernels.cast(column, pa.string()), ".", ""), width, "0"
            )
        else:
            text = arrow.kernels.utf8_rpad(arrow.kernels.cast(column, pa.string()), width, " ")
        cells.append(arrow.kernels.fill_null(text, " " * width))
    lines = arrow.kernels.binary_join_element_wise(*cells, "").to_pylist()
    return "".join(f"{line}\n" for line in lines).encode()


def _json_lines(table: pa.Table) -> bytes:
    import json

    columns = {JSON_KEYS[name]: table[name] for name in table.column_names}
    for key in ("contactedAt", "outcomeAt"):
        columns[key] = arrow.kernels.strftime(columns[key], format="%Y-%m-%dT%H:%M:%SZ")
    # Through text: a decimal cast to a double by Arrow can miss the nearest one (0.95 → 0.9500000000000001).
    columns["cost"] = arrow.kernels.cast(arrow.kernels.cast(columns["cost"], pa.string()), pa.float64())
    rows = pa.table(columns).to_pylist()
    lines = (json.dumps({key: value for key, value in row.items() if value is not None}) for row in rows)
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), compresslevel=6, mtime=0)
