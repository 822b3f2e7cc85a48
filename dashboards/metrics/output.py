"""An answer as text or bytes: a table for people; CSV, JSON or Parquet with exact values for machines."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, Literal, get_args

from dashboards.metrics.format import MISSING, change, number
from dashboards.metrics.names import value_of
from dashboards.metrics.query import MetricTable
from dashboards.metrics.registry import Metric
from dashboards.metrics.table import Table
from runtime.errors import BankError

Format = Literal["table", "csv", "json", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)

_AGAINST = {"previous": "period before", "last_year": "a year before", "target": "target", "peers": "peers"}


def write(table: Table, kind: str = "table", out: BinaryIO | None = None) -> None:
    """Write an answer, or the result of SQL, to `out` (default: standard output).

    Raises:
        BankError: there is no such format.
    """
    stream = sys.stdout.buffer if out is None else out
    stream.write(export(table, kind))
    stream.flush()


def export(table: Table, kind: str) -> bytes:
    """A table in one of the formats.

    Raises:
        BankError: there is no such format.
    """
    if kind == "table":
        return _text(table).encode()
    if kind == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows([_cell(value) for value in record] for record in table.records)
        return text.getvalue().encode()
    if kind == "json":
        rows = [dict(zip(table.columns, record, strict=True)) for record in table.records]
        return (json.dumps(rows, indent=1, ensure_ascii=False, default=_json) + "\n").encode()
    if kind == "parquet":
        buffer = io.BytesIO()
        table.frame.to_parquet(buffer, index=False)
        return buffer.getvalue()
    raise BankError(
        f"There is no format {kind}.", f"The formats are {', '.join(FORMATS)}.", "Choose one of these."
    )


def rows(answer: MetricTable) -> tuple[list[str], list[list[str]]]:
    """Head and rows of an answer in words: labels, numbers for people, changes with their sign."""
    head, columns = [], []
    for name in _reading_order(answer):
        title, values = _column(answer, name)
        head.append(title)
        columns.append(values)
    return head, [list(row) for row in zip(*columns, strict=True)]


def _reading_order(answer: MetricTable) -> list[str]:
    """Groups, then each metric with its comparisons beside it."""
    beside = [
        name
        for metric in answer.metrics
        for name in answer.columns
        if name == metric or name.startswith(f"{metric}__")
    ]
    return [*answer.request.group_by, *beside]


def _column(answer: MetricTable, name: str) -> tuple[str, list[str]]:
    values = answer.column(name)
    metric_id, _, rest = name.partition("__")
    metric = None if name in answer.request.group_by else answer.metrics[metric_id]
    if metric is None:
        return name, [_group(name, value) for value in values]
    if not rest:
        label = f"{metric.label}, {_currency(answer, metric)}" if metric.unit == "ccy" else metric.label
        return label, [number(value, metric.unit) for value in values]
    against, _, part = rest.partition("__")
    if part == "change":
        return "change", [change(value, metric.unit) for value in values]
    if part == "relative":
        return "in %", [number(value, "%", signed=True) for value in values]
    if part in ("p25", "p75"):
        return f"peers {part}", [number(value, metric.unit) for value in values]
    if part == "percentile":
        return "percentile", [number(value, "%") for value in values]
    if part == "banks":
        return "banks", [number(value, "n") for value in values]
    if part == "attainment":
        return "attained", [number(value, "%") for value in values]
    if part == "light":
        return "", [value or MISSING for value in values]
    if part == "better":
        return "", [{True: "better", False: "worse"}.get(value, MISSING) for value in values]
    return _AGAINST[against], [number(value, metric.unit) for value in values]


def _currency(answer: MetricTable, metric: Metric) -> str:
    """What an amount is in: the reporting currency, but for metrics that are told by currency."""
    if "currency" not in metric.within:
        return answer.currency
    return value_of(answer.request, metric, "currency") or "own currency"


def _group(name: str, value: Any) -> str:
    grain = name.removeprefix("metric_time__")
    if value is None:
        return MISSING
    if grain == "quarter":
        return f"{value.year}-Q{(value.month + 2) // 3}"
    if isinstance(value, date):
        return value.strftime({"month": "%Y-%m", "year": "%Y"}.get(grain, "%Y-%m-%d"))
    return str(value)


def _text(table: Table) -> str:
    """Columns side by side, numbers to the right."""
    if isinstance(table, MetricTable):
        names = _reading_order(table)
        head, lines = rows(table)
    else:
        names = head = list(table.columns)
        lines = [[MISSING if value is None else str(_cell(value)) for value in row] for row in table.records]
    numeric = (int, float, Decimal)
    is_number = [any(isinstance(value, numeric) for value in table.column(name)) for name in names]
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    return "".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        + "\n"
        for line in (head, ["─" * width for width in widths], *lines)
    )


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else str(value)
