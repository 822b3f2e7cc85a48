"""What the loans may cost, by each of the ways to reckon it, side by side with what each means."""

from __future__ import annotations

import math

from dashboards.charts.data.shared import CURRENCY_WORDS, needs
from dashboards.components.html import text
from dashboards.components.table import Cell, Row, table_html
from dashboards.metrics import MetricRequest, change
from dashboards.metrics.format import MISSING, number
from dashboards.pages.declare import Content
from dashboards.pages.figures import change_text, tone_of
from dashboards.reader import Reader
from dashboards.selection import Selection

WAYS = {
    "loan_allowance": "Set aside for each loan in the books",
    "npl_allowance": "Of it, for loans in default",
    "ecl_ifrs9": "IFRS 9: a year's loss in stage 1, else the lifetime's, by a model",
    "acl_warm": "CECL: the past rate of losses over the remaining life",
    "roll_forecast_loss": "Today's arrears, rolled on as in the last three months",
    "expected_loss": "Basel: probability × loss × exposure, as delivered",
}


def cover(reader: Reader, selection: Selection) -> Content:
    """A row per way, the change against the comparison, and what is not known."""
    rows: list[Row] = []
    absent: dict[str, list[str]] = {}
    period = selection.period
    for name, meaning in WAYS.items():
        metric = reader.metric(name)
        where = reader.where(name, selection)
        table = reader.compare(
            MetricRequest((name,), (), where, period.start, period.end), (selection.against,)
        )
        row = table.frame.iloc[0] if len(table.frame) else {}
        value = float(row.get(name, math.nan))
        unsplit = reader.not_split_by(name, selection)
        said = f"{meaning}; not split by {' or '.join(unsplit)}" if unsplit else meaning
        if math.isnan(value):
            reason = table.unavailable.get(name) or f"no value: {metric.undefined or 'no figures'}"
            absent.setdefault(reason, []).append(metric.label)
            continue
        moved = change(metric, value, float(row.get(f"{name}__{selection.against}", math.nan)))
        link = selection.state.opening(f"metric:{name}").query
        rows.append(
            Row(
                (
                    Cell(metric.label, href=link),
                    Cell(number(value, metric.unit)),
                    Cell(change_text(metric, moved, arrow=False) or MISSING, tone_of(moved)),
                    Cell(said, words=True),
                )
            )
        )
    currency = CURRENCY_WORDS.get(reader.snapshot.currency, reader.snapshot.currency)
    basis = f"End of {period.last:%B %Y}, {currency}"
    lacks = [f"{', '.join(labels)} {reason}" for reason, labels in absent.items()]
    missing = needs("; ".join(lacks)) if lacks else ""
    if not rows:
        return Content(basis, missing=missing)
    titles = ("Way", "Amount", f"on {selection.comparison.short}", "What it means")
    below = f'<p class="absent">{text(missing)}</p>' if missing else ""
    return Content(basis, table_html(titles, rows, "What the loans may cost") + below)
