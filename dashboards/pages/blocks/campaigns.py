"""Campaigns as a table: who was contacted and who was held back took the offer, and what it cost."""

from __future__ import annotations

from typing import Any

from dashboards.charts.data.shared import needs
from dashboards.components.table import Cell, Row, table_html
from dashboards.dimensions import dimension
from dashboards.metrics import MetricRequest
from dashboards.metrics.format import number
from dashboards.pages.declare import Content
from dashboards.reader import Reader
from dashboards.selection import Selection

TITLES = ("Campaign", "Product", "Contacted", "Control", "Adds", "Cost", "Effect")
SHOWN = 8
_RATES = (
    "treated_conversion_rate",
    "control_conversion_rate",
    "campaign_uplift",
    "campaign_uplift_lower",
    "campaign_uplift_upper",
    "campaign_cost",
)
_PRODUCT = "product__product_name"


def campaigns(reader: Reader, selection: Selection) -> Content:
    """The newest campaigns up to the period's end, the newest on top."""
    filters = reader.where(_RATES[0], selection, ["campaign"])
    start = min(reader.known_from(_RATES[2]), selection.period.first)
    request = MetricRequest(_RATES, ("campaign", _PRODUCT), filters, start, selection.period.end)
    table = reader.ask(request)
    frame = table.frame.dropna(subset=["campaign_uplift"])
    if frame.empty:
        reason = table.unavailable.get(_RATES[2], "no campaign with a control group in this selection")
        return Content("Offers made, with a control group that got none", missing=needs(reason))
    split = dimension("campaign")
    found = sorted(frame.to_dict("records"), key=lambda one: split.key(str(one["campaign"])), reverse=True)
    rows = [_row(one, reader, selection) for one in found[:SHOWN]]
    first = f"the newest {SHOWN} of {len(found)}" if len(found) > SHOWN else "newest first"
    said = f"Share that took the offer, contacted and held back, up to {selection.period.name}; {first}"
    return Content(said, table_html(TITLES, rows, "Campaigns"))


def _row(one: dict[Any, Any], reader: Reader, selection: Selection) -> Row:
    name = str(one["campaign"])
    chosen = selection.chosen.get("campaign") == name
    shown = [number(float(one[metric]), reader.metric(metric).unit) for metric in _RATES[:2]]
    adds = number(float(one["campaign_uplift"]), "pp", signed=True)
    if one["campaign_uplift_lower"] > 0:
        effect = Cell("more", "better", words=True)
    elif one["campaign_uplift_upper"] < 0:
        effect = Cell("fewer", "worse", words=True)
    else:
        effect = Cell("may be chance", words=True)
    return Row(
        (
            Cell(name, href=selection.state.choosing("campaign", None if chosen else name).query),
            Cell(str(one[_PRODUCT]), words=True),
            *map(Cell, shown),
            Cell(adds),
            Cell(number(float(one["campaign_cost"]), "ccy")),
            effect,
        )
    )
