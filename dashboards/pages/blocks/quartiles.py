"""Ratios among those of peer banks: quartiles, where we stand between them, and at which percentile.

Peers are whole banks that report by quarter, so are our figures here, whatever part of the bank is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dashboards.charts.data.shared import needs
from dashboards.components.html import text
from dashboards.components.quartiles import Quartiles, quartiles_html
from dashboards.dimensions import dimension
from dashboards.metrics import BASIS, PEER_BASES, PEERS, Filter, Metric, MetricRequest
from dashboards.metrics.format import number, parts, whole
from dashboards.pages.declare import BlockSpec, Content
from dashboards.periods import Period
from dashboards.reader import Reader
from dashboards.selection import Selection
from runtime.errors import BankError


@dataclass(frozen=True)
class Ratio:
    """A ratio that peers report, and how it is called here."""

    metric: str
    name: str


def block(title: str, ratios: Sequence[Ratio]) -> BlockSpec:
    """The ratios as a part of a page."""
    return BlockSpec(title, partial(content, ratios), style="quartiles")


def content(ratios: Sequence[Ratio], reader: Reader, selection: Selection) -> Content:
    """A row per ratio that can be told; those that can't are named under the table."""
    quarter = selection.period.quarter()
    chosen = selection.chosen.get(BASIS, "")
    basis = chosen if chosen in PEER_BASES else PEER_BASES[0]
    if quarter.last < reader.snapshot.first_month:
        return Content(missing=f"Peers report by quarter, and the data begin after {quarter.name}.")
    rows, reasons = [], {}
    banks = 0
    for ratio in ratios:
        metric = reader.metric(ratio.metric)
        record, reason = _asked(metric, basis, quarter, reader)
        if reason:
            reasons.setdefault(reason, []).append(ratio.name)
            continue
        banks = max(banks, int(record[f"{ratio.metric}__{PEERS}__banks"]))
        rows.append(_row(ratio, metric, record, selection))
    absent = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
    if not rows:
        return Content(missing=needs(next(iter(reasons), "no ratio of peers in this snapshot")))
    whole = " of the whole bank" if selection.parts else ""
    subtitle = f"{quarter.name}{whole}, {dimension(BASIS).word(basis)}; band: middle half of {banks} banks"
    note = f"<p>{text(absent)}.</p>" if absent else ""
    return Content(subtitle, quartiles_html(rows, subtitle) + note)


def _asked(metric: Metric, basis: str, quarter: Period, reader: Reader) -> tuple[Mapping[str, Any], str]:
    """A ratio with its peers, or why they can't be told."""
    where = (Filter(BASIS, (basis,)),) if BASIS in metric.within else ()
    request = MetricRequest((metric.id,), (), where, quarter.start, quarter.end)
    try:
        table = reader.compare(request, (PEERS,))
    except BankError as error:  # one ratio that can't be asked for leaves the others
        return {}, error.what.rstrip(".")
    record = dict(zip(table.columns, table.records[0], strict=True)) if table.records else {}
    if record.get(metric.id) is None:
        return {}, table.unavailable.get(metric.id, "no figures for this quarter")
    if record.get(f"{metric.id}__{PEERS}") is None:
        return {}, table.unavailable.get(f"{metric.id}__{PEERS}", "no peer reports it")
    return record, ""


def _row(ratio: Ratio, metric: Metric, record: Mapping[str, Any], selection: Selection) -> Quartiles:
    base = f"{metric.id}__{PEERS}"
    better = record[f"{base}__better"]
    lower, median, upper = (record[name] for name in (f"{base}__p25", base, f"{base}__p75"))
    return Quartiles(
        ratio.name, selection.state.opening(f"metric:{metric.id}").query,
        own=record[metric.id], lower=lower, median=median, upper=upper,
        texts=(
            number(record[metric.id], metric.unit), number(median, metric.unit),
            f"{parts(lower, metric.unit)[0]} to {number(upper, metric.unit)}",
        ),
        percentile=whole(100 * record[f"{base}__percentile"]),
        tone="" if better is None else "better" if better else "worse",
    )  # fmt: skip
