"""What in the books does not reconcile: by kind, and row by row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboards.components.drawer import cell
from dashboards.components.html import text
from dashboards.components.listing import Field, Item, facts_html, listing_html
from dashboards.components.when import day
from dashboards.dimensions import dimension
from dashboards.metrics import MetricRequest
from dashboards.metrics.format import exact, number
from dashboards.pages.declare import BlockSpec, Content, Page
from dashboards.pages.phrases import counted
from dashboards.reader import Reader
from dashboards.selection import Selection
from dashboards.snapshot import ALL_BREAKS
from runtime.errors import BankError

MEANS = {
    "trial_balance": "Debits and credits of a day do not sum to zero.",
    "movement": "A closing balance is not its opening plus the day's turnover.",
    "opening": "An opening balance is not the closing of the day before.",
    "subledger": "Accounts or loans do not sum to the ledger account that carries them.",
    "kpi_line": "A ledger account belongs to no line of the statements.",
    "exchange_rate": "An amount has no exchange rate into the reporting currency.",
}

LISTED = 8
"""How many breaks the page lists; all of a kind open beside it."""

OPENED = 500

_ROWS = f"""
    SELECT break_id, kind, date_day, source, table_name, ledger_code, cost_center_code, branch_id,
        currency_code, expected, found, difference, difference_reporting, first_date, age_days
    FROM fct_recon_break ORDER BY age_days DESC, kind, date_day DESC, break_id LIMIT {OPENED}
"""

Break = dict[str, Any]


def _breaks(reader: Reader) -> list[Break]:
    """The breaks, what has been open longest first."""
    found = reader.sql(_ROWS)
    return [dict(zip(found.columns, record, strict=True)) for record in found.records]


def _reconciled(reader: Reader, selection: Selection) -> Content:
    period = selection.period
    names = ("recon_breaks", "recon_break", "recon_break_age")
    where = reader.where(names[0], selection, ["recon_kind"])
    answer = reader.ask(MetricRequest(names, ("recon_kind",), where, period.start, period.end))
    if names[0] in answer.unavailable:
        why = answer.unavailable[names[0]]
        return Content(missing=f"The books can't be reconciled: {why}.")
    order = list(MEANS)
    rows = sorted(
        answer.records,
        key=lambda one: (-(one[1] or 0), order.index(one[0]) if one[0] in order else len(order)),
    )
    if not rows:
        return Content(missing=f"There is no ledger for {period.name} to reconcile.")
    kinds = listing_html(
        ("Kind", "Breaks", "Amount", "Oldest"), {"": [_kind_item(one, selection) for one in rows]},
        "Breaks by kind", numbers=("Breaks", "Amount", "Oldest"),
    )  # fmt: skip
    within = [one for one in _breaks(reader) if period.start <= one["date_day"] <= period.end]
    listed = ""
    if within:
        listed = _rows_html(within[:LISTED], selection)
        every = selection.state.opening("breaks:").query
        listed += f'<p class="say"><a href="{text(every)}">All breaks of the books</a></p>'
    return Content(f"{period.name}; amounts in {reader.snapshot.currency}", kinds + listed)


def _kind_item(row: tuple[Any, ...], selection: Selection) -> Item:
    kind, breaks, amount, age = row
    link = selection.state.opening(f"breaks:{kind}").query if breaks else ""
    name = Field(dimension("recon_kind").word(kind), link, below=MEANS.get(kind, ""))
    if not breaks:
        return Item((name, Field("None", mood="good"), Field(number(0, "ccy")), Field("")))
    return Item(
        (
            name,
            Field(number(breaks), mood="bad"),
            Field(number(_float(amount), "ccy"), hover=exact(_float(amount), "ccy")),
            Field(number(_float(age), "days")),
        ),
        look=True,
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _rows_html(found: Iterable[Break], selection: Selection, narrow: str = "") -> str:
    items = [
        Item(
            (
                Field(day(one["date_day"]), selection.state.opening(f"break:{one['break_id']}").query),
                Field(dimension("recon_kind").word(one["kind"])),
                Field(_where(one)),
                Field(exact(_float(one["difference"]), "ccy"), below=one["currency_code"] or ""),
                Field(number(_float(one["age_days"]), "days")),
            )
        )
        for one in found
    ]
    titles = ("Day", "Kind", "Where", "Difference", "Open for")
    return listing_html(titles, {"": items}, "Breaks", numbers=titles[3:], narrow=narrow, height=0)


def _where(one: Break) -> str:
    named = (
        ("account", one["ledger_code"]),
        ("cost centre", one["cost_center_code"]),
        ("branch", one["branch_id"]),
    )
    return ", ".join(f"{word} {value}" for word, value in named if value) or one["table_name"]


RECONCILED = BlockSpec("Reconciliation of the books", _reconciled, "listing")


def opened_breaks(kind: str, page: Page, reader: Reader, selection: Selection) -> tuple[str, str]:
    """The breaks of a kind, or all."""
    found = [one for one in _breaks(reader) if kind in ("", one["kind"])]
    if not found:
        raise BankError(
            f"There is no break of kind “{kind}”." if kind else "The books reconcile.",
            "Of every kind that was looked for, there is none in this snapshot.",
            "",
        )
    means = MEANS.get(kind, "Everything in the books that does not reconcile.")
    first = f" The first {OPENED}: <code>{text(ALL_BREAKS)}</code> lists all." if len(found) == OPENED else ""
    name = f"Breaks: {dimension('recon_kind').word(kind).lower()}" if kind else "Breaks in the books"
    said = f"<p>{text(means)} {counted(len(found), 'break')}, the longest open first.{first}</p>"
    return name, said + _rows_html(found, selection, "A day, an account, an amount …")


def opened_break(name: str, page: Page, reader: Reader, selection: Selection) -> tuple[str, str]:
    """One break, and how it came to be one."""
    one = next((one for one in _breaks(reader) if one["break_id"] == name), None)
    if one is None:
        raise BankError(f"There is no break “{name}” in this snapshot.", "", "It may have been mended since.")
    kind = dimension("recon_kind").word(one["kind"])
    alike = selection.state.opening(f"breaks:{one['kind']}").query
    files = selection.state.opening(f"deliveries:{one['table_name']}").query
    facts = (
        ("Day", Field(day(one["date_day"]))),
        ("Open since", Field(day(one["first_date"]), below=f"{number(_float(one['age_days']), 'days')}")),
        ("Kind", Field(kind, alike)),
        ("Expected", Field(cell(one["expected"]), below=one["currency_code"] or "")),
        ("Found", Field(cell(one["found"]), below=one["currency_code"] or "")),
        ("Difference", Field(cell(one["difference"]), mood="bad")),
        (f"In {reader.snapshot.currency}", Field(cell(one["difference_reporting"]))),
        ("Ledger account", Field(one["ledger_code"] or "")),
        ("Cost centre", Field(one["cost_center_code"] or "")),
        ("Branch", Field(one["branch_id"] or "")),
        ("Table", Field(one["table_name"] or "", files)),
        ("Source", Field(one["source"] or "")),
        ("Break", Field(one["break_id"], code=True)),
    )  # fmt: skip
    return f"{kind}, {day(one['date_day'])}", f"<p>{text(MEANS.get(one['kind'], ''))}</p>{facts_html(facts)}"
