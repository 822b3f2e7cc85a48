"""What lies open beside the page: a heading, its content, a way to close it; and plain tables of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dashboards.components.html import text
from dashboards.metrics.format import MISSING, exact


def drawer_html(title: str, content: str, close: str) -> str:
    """The drawer; `close` is the address without it."""
    return (
        f'<section class="drawer" role="dialog" aria-label="{text(title)}"><header><h2>{text(title)}</h2>'
        f'<a class="close" href="{text(close)}" aria-label="Close">×</a></header>{content}</section>'
    )


def rows_html(columns: Sequence[str], records: Sequence[Sequence[Any]], label: str) -> str:
    """Rows as they are, every digit of them."""
    numeric = [
        all(isinstance(row[i], int | float | Decimal | None) for row in records) for i in range(len(columns))
    ]
    kind = ["" if one else ' class="text"' for one in numeric]
    head = "".join(f'<th scope="col"{k}>{text(name)}</th>' for name, k in zip(columns, kind, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{k}>{text(cell(value))}</td>" for value, k in zip(row, kind, strict=True))
        + "</tr>"
        for row in records
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(label)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def cell(value: Any) -> str:
    """A value of a row as text."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return exact(float(value), "ccy")
    if isinstance(value, float):
        return exact(value, "n") if value.is_integer() else f"{value:,.6g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
