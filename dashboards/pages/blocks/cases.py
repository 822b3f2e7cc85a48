"""The case view: what is known of one transaction, so that an analyst can decide whether it is fraud."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dashboards.components.history import days_svg
from dashboards.components.html import sparkline, text
from dashboards.dimensions import dimension
from dashboards.metrics.cases import USUAL_DAYS, Case
from dashboards.metrics.format import MINUS, MISSING, exact, number
from dashboards.metrics.table import Table
from dashboards.reader import Reader
from dashboards.selection import Selection

if TYPE_CHECKING:
    from dashboards.pages.declare import Page

LARGE, SELDOM, BURST = 3.0, 0.05, 4
"""Worth a look: an amount of so many medians; what the account did in less than this share of its payments;
so many payments within a day.
"""

FEW = 5
"""Fewer earlier payments say nothing about habits."""


def moment(value: datetime) -> str:
    return f"{value.day} {value:%b %Y, %H:%M}"


def _moment_near(value: datetime, near: date) -> str:
    """Without the year where it is that of another day."""
    return f"{value.day} {value:%b, %H:%M}" if value.year == near.year else moment(value)


def day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


def amount_text(amount: Decimal | float, currency: str, direction: str = "") -> str:
    """`−193.61 EUR`: money out of the account with a minus."""
    sign = {"DBIT": MINUS, "CRDT": "+"}.get(direction, "")
    return f"{sign}{exact(float(amount), 'ccy')}\N{NO-BREAK SPACE}{currency}"


def what_for(one: Mapping[str, Any]) -> str:
    """The kind of merchant, or else the purpose."""
    category = one["merchant_category"]
    if category is not None:
        known = dimension("merchant_category").word(category)
        return known if known != category else f"Category {category}"
    return dimension("purpose").word(one["purpose"]) if one["purpose"] else MISSING


def case_view(name: str, page: Page, reader: Reader, selection: Selection) -> tuple[str, str]:
    """A transaction's case, `open=case:<transaction_id>`.

    Raises:
        BankError: there is no such transaction.
    """
    found = reader.case(name)
    one = found.movement
    heading = (
        f"{amount_text(one['amount'], one['currency_code'], one['direction'])} on {day(one['booking_date'])}"
    )
    parts = [
        _facts(found),
        _decided(found),
        _habits(found),
        _history(found),
        _used(found),
        _around(found, selection),
        _customer(found, selection, reader.snapshot.currency),
    ]
    return heading, f'<div class="case">{"".join(parts)}</div>'


def _facts(found: Case) -> str:
    one = found.movement
    channel = dimension("channel").word(one["channel"])
    told = {
        "Transaction": one["transaction_id"],
        "Booked": f"{moment(one['booking_date_time'])} UTC",
        "How": channel if what_for(one) in (MISSING, "Unknown") else f"{channel}, {what_for(one).lower()}",
        "Merchant": one["merchant_id"],
        "Terminal": one["terminal_id"],
        "Card": one["card_id"],
        "Account": _joined(one["account_id"], one["product_name"], _since(one["account_since"])),
        "Customer": _joined(
            one["customer_id"], _known(one["segment_code"]), _known(one["age_band"]),
            _since(one["customer_since"]),
        ),
        "Branch": one["branch_name"],
        "State": _state(one),
    }  # fmt: skip
    score = one["score"]
    lead = (
        f"<b>More unusual than {text(exact(score, '%'))}</b> of the payments that the model learned from."
        if score is not None
        else "It has no score: no model was fitted before its month, or its kind is not scored."
    )
    rows = "".join(
        f"<dt>{text(name)}</dt><dd>{text(value)}</dd>"
        for name, value in told.items()
        if value not in (None, "")
    )
    return f'<p class="lead">{lead}</p><dl>{rows}</dl>'


def _state(one: Mapping[str, Any]) -> str:
    words = {"BOOK": "Booked", "RJCT": "Declined", "RVSL": "Reversed", "PDNG": "Pending"}
    said = words.get(one["status"], str(one["status"]))
    reason = one["reject_reason"]
    return f"{said}: {dimension('reject_reason').word(reason).lower()}" if reason else said


def _decided(found: Case) -> str:
    """What is known of this very transaction."""
    own = found.movement["transaction_id"]
    chips = [
        ("bad", f"Known to be fraud since {day(fraud['known_at'])}")
        for fraud in _records(found.frauds)
        if fraud["transaction_id"] == own
    ]
    for alert in _records(found.alerts):
        if alert["transaction_id"] == own:
            said = dimension("alert__disposition").word(alert["disposition"]).lower()
            kind = {"fraud": "bad", "none": "warn"}.get(alert["disposition"], "")
            chips.append((kind, f"Alert of {day(alert['created_at'])}: {said}"))
    if not chips:
        chips.append(("", "No alert and no decision known"))
    return "<p>" + "".join(f'<span class="chip {kind}">{text(said)}</span>' for kind, said in chips) + "</p>"


def _habits(found: Case) -> str:
    """The transaction against what the account did before it. Each line says whether it is worth a look."""
    one, habits = found.movement, found.habits
    payments, currency = habits["payments"], one["currency_code"]
    title = "<h3>Against the account's habits</h3>"
    what = "payment" if one["direction"] == "DBIT" else "receipt"
    if not payments:
        known = (
            "none before it at all"
            if habits["previous"] is None
            else f"the last on {day(habits['previous'])}"
        )
        return f"{title}<p>No like {what} of this account in the {USUAL_DAYS} days before: {text(known)}.</p>"
    enough = payments >= FEW
    times = float(habits["times_usual"]) if habits["times_usual"] is not None else 0.0
    usual = amount_text(habits["usual"], currency)
    lines = [
        (
            "Amount",
            f"{number(times, 'ratio')} times the usual {usual}; "
            f"{habits['smaller']} of {payments} were smaller",
            enough and times >= LARGE,
        ),
        _seldom("Channel", dimension("channel").word(one["channel"]), habits["by_channel"], payments),
    ]
    if one["booking_date_time"].time() != time():  # midnight: a bank that delivers days only
        hour = f"about {one['booking_date_time']:%H}:00 UTC"
        lines.append(_seldom("Hour", hour, habits["at_hour"], payments))
    if one["merchant_id"] is not None:
        new = habits["at_merchant"] == 0
        said = (
            "never paid before"
            if new
            else f"paid {_times(habits['at_merchant'])} since {day(habits['merchant_since'])}"
        )
        lines.append(("Merchant", said, new))
    if one["merchant_category"] is not None:
        count = habits["in_category"]
        said = f"{what_for(one)}: {'never before' if not count else f'{_times(count)} before'}"
        lines.append(("Category", said, count == 0))
    if habits["last_day"]:
        spent = amount_text(habits["spent_last_day"], currency)
        lines.append(
            (
                "24 hours before",
                f"{habits['last_day']} {what}s, {spent} together",
                habits["last_day"] >= BURST,
            )
        )
    lines.append(("The one before", f"{moment(habits['previous'])} UTC", False))
    rows = "".join(
        f"<tr{' class=look' if look else ''}><td>{text(name)}</td><td>{text(said)}</td>"
        f"<td>{'<b>worth a look</b>' if look else ''}</td></tr>"
        for name, said, look in lines
    )
    few = "" if enough else f"; {payments} say little"
    return (
        f"{title}<p>Its like {what}s of the {USUAL_DAYS} days before: {payments}{few}. These are the "
        f"account's own habits; the published scores come without reasons.</p>"
        f'<table class="habits">{rows}</table>'
    )


def _seldom(name: str, what: str, count: int, of: int) -> tuple[str, str, bool]:
    return name, f"{what}: {count} of {of}", of >= FEW and count < SELDOM * of


def _history(found: Case) -> str:
    days = [(one, float(moved), float(this)) for one, moved, this in found.days.records]
    out = found.movement["direction"] == "DBIT"
    what = f"Money {'out of' if out else 'into'} the account, day by day"
    currency = found.movement["currency_code"]
    picture = days_svg(days, f"{what}; this transaction marked")
    if not picture:
        return ""
    most = amount_text(max(moved for _, moved, _ in days), currency)
    first, last = (day(one) for one in (days[0][0], days[-1][0]))
    balances = [float(value) if value is not None else None for _, value in found.balances.records]
    course = ""
    known = [value for value in balances if value is not None]
    if len(known) > 1:
        line = sparkline(balances, width=580, height=42, label="Balance at month end")
        since = found.balances.records[0][0]
        ended = amount_text(known[-1], currency).replace("-", MINUS)
        course = (
            f'<p class="over">Balance at month end</p><div class="course">{line}</div>'
            f'<p class="ends"><span>{since:%b %Y}</span><span>{text(ended)} at the end of '
            f"{found.balances.records[-1][0]:%b %Y}</span></p>"
        )
    return (
        f"<h3>{text(what)}</h3>"
        f'<p class="over">Highest day {text(most)}; this transaction in amber</p>{picture}'
        f'<p class="ends"><span>{text(first)}</span><span>{text(last)}</span></p>{course}'
    )


def _used(found: Case) -> str:
    """Merchants, or ways of paying, before this one."""
    by_merchant = found.movement["merchant_id"] is not None
    title = "Merchants it paid before" if by_merchant else "How it moved money before"
    note = (
        ""
        if by_merchant
        else "<p>Counterparties of transfers are not published: these are the ways and purposes.</p>"
    )
    records = _records(found.used)
    if not records:
        return f"<h3>{title}</h3>{note}<p>None: this is the first.</p>"
    currency = found.movement["currency_code"]
    new = by_merchant and not any(one["is_this"] for one in records)
    said = "<p><b>This merchant is new.</b> The most frequent ones:</p>" if new else ""
    rows = [
        (
            (
                one["merchant_id"] if by_merchant else dimension("channel").word(one["channel"]),
                what_for(one),
                f"{one['times']:,}",
                amount_text(one["usual"], currency),
                day(one["first_seen"]),
                day(one["last_seen"]),
            ),
            "this" if one["is_this"] else "",
        )
        for one in records
    ]
    columns = ("Merchant" if by_merchant else "Channel", "For", "Times", "Usual", "First", "Last")
    return f"<h3>{title}</h3>{note}{said}{_table(columns, rows, title, words={0, 1})}"


def _around(found: Case, selection: Selection) -> str:
    own, currency = found.movement["transaction_id"], found.movement["currency_code"]
    rows = []
    for one in _records(found.around):
        this = one["transaction_id"] == own
        marks = [] if one["status"] != "RJCT" else ["declined"]
        marks += ["fraud"] if one["is_fraud"] else []
        if one["disposition"] is not None and not one["is_fraud"]:
            marks.append(f"alert: {dimension('alert__disposition').word(one['disposition']).lower()}")
        href = "" if this else selection.state.opening(f"case:{one['transaction_id']}").query
        cells = (
            (_moment_near(one["booking_date_time"], found.movement["booking_date"]), href),
            amount_text(one["amount"], "", one["direction"]).strip(),
            dimension("channel").word(one["channel"]),
            what_for(one),
            exact(one["score"], "%") if one["score"] is not None else MISSING,
            ", ".join(marks),
        )
        rows.append((cells, "this" if this else ""))
    columns = ("Time, UTC", f"Amount, {currency}", "Channel", "For", "Score", "Known")
    return "<h3>The account around it</h3>" + _table(columns, rows, "Movements around it", words={0, 2, 3, 5})


def _customer(found: Case, selection: Selection, currency: str) -> str:
    own = found.movement["transaction_id"]
    alerts = [one for one in _records(found.alerts) if one["transaction_id"] != own]
    frauds = [one for one in _records(found.frauds) if one["transaction_id"] != own]
    parts = [f"<h3>Other fraud of the customer: {len(frauds) or 'none known'}</h3>"]

    def linked(shown: str, transaction: str | None) -> tuple[str, str]:
        return shown, selection.state.opening(f"case:{transaction}").query if transaction else ""

    if frauds:
        kinds, channels = dimension("fraud_movement__fraud_type"), dimension("channel")
        rows = [
            (
                (
                    linked(day(one["booking_date"]), one["transaction_id"]),
                    amount_text(one["amount"], currency),
                    kinds.word(one["fraud_type"]),
                    channels.word(one["channel"]),
                    day(one["known_at"]),
                ),
                "",
            )
            for one in frauds
        ]
        parts.append(
            _table(("Day", "Amount", "Kind", "Channel", "Known since"), rows, "Other fraud", words={0, 2, 3})
        )
    parts.append(f"<h3>Other alerts: {len(alerts) or 'none'}</h3>")
    if alerts:
        rows = [
            (
                (
                    linked(moment(one["created_at"]), one["transaction_id"]),
                    amount_text(one["amount"], currency) if one["amount"] is not None else MISSING,
                    one["detector_id"],
                    exact(one["score"], "ratio"),
                    dimension("alert__disposition").word(one["disposition"]),
                ),
                "",
            )
            for one in alerts
        ]
        parts.append(
            _table(
                ("Raised, UTC", "Amount", "Detector", "Its score", "Decision"),
                rows,
                "Other alerts",
                words={0, 2, 4},
            )
        )
    return "".join(parts)


Cells = Sequence[str | tuple[str, str]]
"""Text, or text and where it leads."""


def _table(
    columns: Sequence[str], rows: Sequence[tuple[Cells, str]], label: str, *, words: Collection[int]
) -> str:
    """Rows with their class; `words` are the columns that hold no figures."""
    kinds = [' class="text"' if place in words else "" for place in range(len(columns))]
    head = "".join(
        f'<th scope="col"{kind}>{text(name)}</th>' for name, kind in zip(columns, kinds, strict=True)
    )
    body = []
    for cells, look in rows:
        made = []
        for cell, kind in zip(cells, kinds, strict=True):
            shown, href = cell if isinstance(cell, tuple) else (cell, "")
            inner = f'<a href="{text(href)}">{text(shown)}</a>' if href else text(shown)
            made.append(f"<td{kind}>{inner}</td>")
        body.append(f"<tr{f' class={look}' if look else ''}>{''.join(made)}</tr>")
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(label)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _records(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.records]


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _known(value: str | None) -> str | None:
    return None if value in (None, "unknown") else value


def _since(value: date | None) -> str | None:
    return f"since {day(value)}" if value else None


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count:,} times"
