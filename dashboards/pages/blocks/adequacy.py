"""Capital and liquidity: what the bank reports, what it was, and from where on an authority steps in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from dashboards.charts.data.shared import known_value, needs
from dashboards.components.cards import Tone
from dashboards.components.html import text
from dashboards.components.table import Cell, Row, table_html
from dashboards.metrics import Metric, MetricRequest, change
from dashboards.metrics.format import MISSING, number
from dashboards.pages.declare import BlockSpec, Content
from dashboards.pages.figures import change_text, tone_of
from dashboards.reader import Reader
from dashboards.selection import Selection


@dataclass(frozen=True)
class Ratio:
    """A reported ratio, and how it is called here."""

    metric: str
    name: str


def block(title: str, ratios: Sequence[Ratio]) -> BlockSpec:
    """The ratios as a part of a page."""
    return BlockSpec(title, partial(content, ratios))


def content(ratios: Sequence[Ratio], reader: Reader, selection: Selection) -> Content:
    """A row per ratio, as reported at the end of the last quarter; what others need is said under them."""
    quarter = selection.period.quarter()
    if quarter.last < reader.snapshot.first_month:
        return Content(missing=f"Reported by quarter, and the data begin after {quarter.name}.")
    other = quarter.against(selection.against)
    names = tuple(ratio.metric for ratio in ratios)
    request = MetricRequest(names, (), (), quarter.start, quarter.end)
    table = reader.compare(request, (selection.against,))
    record = dict(zip(table.columns, table.records[0], strict=True)) if table.records else {}
    rows, lacking = [], {}
    for ratio in ratios:
        metric = reader.metric(ratio.metric)
        value = known_value(record.get(ratio.metric))
        if value is None:
            reason = table.unavailable.get(ratio.metric, "no figures for this quarter")
            lacking.setdefault(reason, []).append(ratio.name)
            continue
        moved = change(metric, value, known_value(record.get(f"{ratio.metric}__{selection.against}")))
        link = selection.state.opening(f"metric:{ratio.metric}").query
        bound, tone = _bound(metric, value)
        shift = change_text(metric, moved, arrow=False) or MISSING
        cells = (
            Cell(ratio.name, href=link), Cell(number(value, metric.unit), tone), Cell(shift, tone_of(moved)),
            Cell(bound, tone),
        )  # fmt: skip
        rows.append(Row(cells))
    absent = "".join(
        f'<p class="note">{text(", ".join(names))}: {text(reason)}.</p>' for reason, names in lacking.items()
    )
    whole = ", whole bank" if selection.parts else ""
    subtitle = f"{quarter.name}{whole}, as reported"
    if not rows:
        return Content(missing=needs(next(iter(lacking))))
    titles = ("Ratio", quarter.short, f"on {other.short}", "Limit")
    return Content(subtitle, table_html(titles, rows, subtitle) + absent)


def _bound(metric: Metric, value: float) -> tuple[str, Tone | None]:
    """On which side of the bound of the authority that the metric names a value lies."""
    bounds = [metric.thresholds.get(name) for name in ("amber", "red")]
    known = [float(one) for one in bounds if isinstance(one, int | float)]
    if not known:
        return MISSING, None
    bound = number(known[0], metric.unit)
    return (f"above {bound}", "better") if value >= known[0] else (f"below {bound}", "worse")
