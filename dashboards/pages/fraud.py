"""Fraud, for those who look into it: what was lost, what was seen in time, and what to look at first."""

from __future__ import annotations

from typing import Any

from dashboards.charts.spec import ChartSpec, Part
from dashboards.components.html import text
from dashboards.dimensions import dimension
from dashboards.metrics import MetricRequest
from dashboards.metrics.cases import BANDS
from dashboards.metrics.format import MISSING, exact, number
from dashboards.pages.blocks.cases import amount_text, case_view, moment, what_for
from dashboards.pages.declare import BlockSpec, CardSpec, Content, HeadSpec, Page
from dashboards.reader import Reader
from dashboards.selection import Selection

ROWS = 50
"""How many transactions the list shows."""

MANY_TIMES = 3.0
"""From so many times its usual amount on, a payment's size is worth a word."""

RATE_COURSE = ChartSpec(
    title="Fraud rate by channel",
    mark="lines",
    parts=(Part("fraud_rate_bps"),),
    subtitle="{unit} of the amount paid, by month of the transaction and {by}",
    by="channel",
    also=("segment", "branch__region", "branch"),
)

RATES = ChartSpec(
    title="Where the rate is high",
    mark="bars",
    parts=(Part("fraud_rate_bps"),),
    subtitle="{period}: {unit} of the amount paid, by {by}",
    by="channel",
    also=("segment", "branch__region", "branch"),
)

TYPE_COURSE = ChartSpec(
    title="Kinds of fraud over time",
    mark="lines",
    parts=(Part("fraud_attempted"),),
    subtitle="{unit} attempted a month, by {by}",
    by="fraud_movement__fraud_type",
    also=("channel", "product__product_family", "segment", "branch__region"),
)

TYPES = ChartSpec(
    title="Kinds of fraud",
    mark="bars",
    parts=(Part("fraud_attempted"),),
    subtitle="{period}: {unit} attempted, by {by}",
    by="fraud_movement__fraud_type",
    also=("channel", "product__product_family", "segment", "branch"),
)

LOSSES = ChartSpec(
    title="Lost and recovered",
    mark="lines",
    parts=(
        Part("fraud_loss_gross", "lost"),
        Part("fraud_recovered", "recovered", colour="series-2", text="series-2-text"),
    ),
    subtitle="{unit} a month, by month of the transaction",
)

DETECTED = ChartSpec(
    title="Seen in time",
    mark="bars",
    parts=(Part("value_detection_rate"),),
    subtitle="{period}: {unit} of the fraudulent amount alerted before the loss, by {by}",
    by="fraud_movement__fraud_type",
    also=("channel", "detector", "segment", "product__product_family"),
)

DETECTION = ChartSpec(
    title="Detection over time",
    mark="lines",
    parts=(
        Part("value_detection_rate", "amount"),
        Part("recall_cards", "cards", colour="series-2", text="series-2-text"),
    ),
    subtitle="{unit} of fraudulent amount, and of compromised cards, alerted in time",
)

PRECISION = ChartSpec(
    title="How often an alert is right",
    mark="lines",
    parts=(Part("alert_precision"),),
    subtitle="{unit} of decided alerts confirmed as fraud, by {by}",
    by="detector",
    also=("channel", "segment", "alert__detector_version"),
)

PREVENTED = ChartSpec(
    title="What detection earned",
    mark="lines",
    parts=(Part("loss_prevented_net"),),
    subtitle="{unit} a month: fraud stopped less the cost of alerts and of false declines, by {by}",
    by="detector",
    also=("channel", "segment"),
)

DECISIONS = ChartSpec(
    title="What alerts turned out to be",
    mark="bars",
    parts=(Part("alerts_raised"),),
    subtitle="{period}: {unit} of alerts by {by}",
    by="alert__disposition",
    also=("channel", "detector", "segment", "branch"),
)

OPEN = ChartSpec(
    title="Open alerts by age",
    mark="columns",
    parts=(Part("alerts_open"),),
    subtitle="End of {period}: {unit} of undecided alerts, by {by}",
    by="open_alert__alert_age",
    also=("detector",),
)


def to_look_at(reader: Reader, selection: Selection) -> Content:
    """The highest-scored transactions of the period that nobody has decided on, each leading to its case."""
    table = reader.first_to_look_at(selection, ROWS)
    period = selection.period.name
    note = _left_out(reader, selection)
    lacking = _lacking("alerts_raised", reader, selection)
    if lacking:
        note += f"; decisions are {lacking}"
    subtitle = f"{period}: the highest scores without a decision{note}"
    if not table.records:
        return Content(
            subtitle, missing=f"No transaction of {period} in this selection has a score and no decision."
        )
    many = len(table.records) == ROWS
    subtitle = f"{period}: the {ROWS if many else len(table.records)} highest scores without a decision{note}"
    records = [dict(zip(table.columns, row, strict=True)) for row in table.records]
    opened = selection.state.open
    body = "".join(_row(one, selection, opened) for one in records)
    columns = (
        "Time, UTC",
        "Amount",
        "Channel",
        "For",
        "Customer",
        "Account",
        "Score",
        "Worth a look because",
    )
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in columns)
    return Content(
        subtitle,
        f'<div class="scroll long" tabindex="0" role="region" aria-label="Transactions to look at first">'
        f'<table class="cases"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        '<p class="foot">The score says how unusual a payment is: 99.9 % means more unusual than 999 of '
        "1,000 that the model learned from. Unusual is not fraudulent.</p>",
    )


def _row(one: dict[str, Any], selection: Selection, opened: str) -> str:
    place = f"case:{one['transaction_id']}"
    href = text(selection.state.opening(place).query)
    name, when = text(one["transaction_id"]), text(moment(one["booking_date_time"]))
    cells = (
        f'<a href="{href}" title="{name}">{when}</a>',
        text(amount_text(one["amount"], one["currency_code"], one["direction"])),
        text(dimension("channel").word(one["channel"])),
        text(what_for(one)),
        text(one["customer_id"]),
        text(one["account_id"]),
        text(exact(one["score"], "%")),
        "".join(f'<span class="chip {kind}">{text(said)}</span>' for kind, said in _because(one)) or MISSING,
    )
    current = ' class="look"' if place == opened else ""
    return f"<tr{current}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _because(one: dict[str, Any]) -> list[tuple[str, str]]:
    """What stands out beside the score, the gravest first."""
    found = []
    if one["frauds"]:
        kind = "card" if one["channel"] in ("atm", "card_pos", "card_ecom") else "account"
        found.append(("bad", f"fraud on this {kind}"))
    if one["alerted_at"]:
        found.append(("warn", f"alert of {one['alerted_at'].day} {one['alerted_at']:%b} undecided"))
    if one["times_usual"] is None:
        found.append(("", "first in 90 days"))
    elif one["times_usual"] >= MANY_TIMES:
        found.append(("", f"{number(float(one['times_usual']), 'ratio')}× its usual amount"))
    if one["is_new_merchant"]:
        found.append(("", "new merchant"))
    if one["status"] == "RJCT":
        found.append(("", "declined"))
    return found


def _left_out(reader: Reader, selection: Selection) -> str:
    names = reader.not_taken_by_transactions(selection)
    return f"; not filtered by {' or '.join(names)}" if names else ""


def _lacking(metric: str, reader: Reader, selection: Selection) -> str:
    """Why a metric can't be told in the period; empty where it can."""
    period = selection.period
    return reader.ask(MetricRequest((metric,), (), (), period.start, period.end)).unavailable.get(metric, "")


def scores(reader: Reader, selection: Selection) -> Content:
    """How scores are spread and how much of the known fraud lies where."""
    table = reader.score_bands(selection)
    period = selection.period.name
    lacking = _lacking("fraud_volume", reader, selection)
    subtitle = f"{period}: scored transactions by score"
    subtitle += f"; known fraud {lacking}" if lacking else ", and the known fraud among them"
    subtitle += _left_out(reader, selection)
    if not table.records:
        return Content(subtitle, missing=f"No transaction of {period} in this selection is scored.")
    records = [dict(zip(table.columns, row, strict=True)) for row in reversed(table.records)]
    most = max(one["scored"] for one in records)
    columns = ("Score", "Transactions", *(() if lacking else ("Known fraud", "Share of it", "Fraud rate")))
    rows = []
    for one in records:
        band = one["band"]
        top = BANDS[band + 1] if band + 1 < len(BANDS) else 1.0
        cells = [
            f"{_percent(BANDS[band])} to {_percent(top)}",
            _bar(one["scored"] / most, number(one["scored"])),
        ]
        if not lacking:
            share = one["share"]
            cells += [
                number(one["frauds"]),
                MISSING if share is None else _bar(share, number(share, "%")),
                number(one["bps"], "bps"),
            ]
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in columns)
    return Content(
        subtitle,
        '<div class="scroll"><table aria-label="Transactions and fraud by score">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>",
    )


def _percent(value: float) -> str:
    return f"{value * 100:g}\N{NO-BREAK SPACE}%"


def _bar(share: float, words: str) -> str:
    width = max(share * 100, 1.5) if share > 0 else 0.0
    return f'<span class="gauge">{text(words)}<i><b style="width:{width:.1f}%"></b></i></span>'


PAGE = Page(
    slug="fraud",
    title="Fraud",
    story=HeadSpec(
        metrics=(("fraud_loss_net",), ("fraud_rate_bps",), ("monitoring_coverage",), ("scored_volume",)),
        dimensions=("channel", "branch", "segment"),
    ),
    cards=(
        CardSpec("fraud_rate_bps", "Fraud rate", limit=True),
        CardSpec("fraud_loss_net", "Net loss", limit=True),
        CardSpec("fraud_recovered", "Recovered"),
        CardSpec("value_detection_rate", "Seen in time"),
        CardSpec("alert_precision", "Alerts that were right"),
        CardSpec("alerts_per_day", "Alerts a day"),
        CardSpec("time_to_detect", "Time to detect"),
        CardSpec("alerts_open", "Open alerts", limit=True),
    ),
    rows=(
        (RATE_COURSE, RATES),
        (BlockSpec("Look at these first", to_look_at),),
        (TYPE_COURSE, TYPES),
        (LOSSES, DETECTED),
        (DETECTION, DECISIONS),
        (PRECISION, PREVENTED, OPEN),
        (BlockSpec("Scores and what they found", scores),),
    ),
    opens={"case": case_view},
)
