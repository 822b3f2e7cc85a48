"""Forecasts: what to expect, how far to believe it, and what happened to the ones made before."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.charts.data.forecast import actuals, newest_forecast, share_text
from dashboards.charts.data.shared import when
from dashboards.charts.spec import ChartSpec, Part
from dashboards.components.html import text
from dashboards.metrics import Filter, MetricRequest
from dashboards.metrics.forecasts import MODEL, Forecast, Missed, forecasts, made_by, missed
from dashboards.metrics.format import MISSING, number
from dashboards.metrics.request import month_end
from dashboards.pages.declare import BlockSpec, Content, Page, TellSpec
from dashboards.reader import Reader
from dashboards.selection import Selection

SHOWN = 12
"""How many days outside the band are listed."""

NAIVE = "seasonal_naive"
CLOSE = 0.05
"""A coverage this near to the band's share is as it should be."""

DEPOSITS = ChartSpec(
    title="Deposits",
    mark="forecast",
    parts=(Part("deposit_balance", "deposits"),),
    subtitle="{unit} at month end",
    series="deposit_balance",
)

CARD_SPEND = ChartSpec(
    title="Card spending",
    mark="forecast",
    parts=(Part("txn_value", "card spending"),),
    subtitle="{unit} a day, in shops and online",
    grain="day",
    series="card_spend",
    where=(Filter("channel", ("card_ecom", "card_pos")), Filter("direction", ("DBIT",))),
)

VALUE = ChartSpec(
    title="Amount moved",
    mark="forecast",
    parts=(Part("txn_value", "amount moved"),),
    subtitle="{unit} a day",
    grain="day",
    series="txn_value",
)

VOLUME = ChartSpec(
    title="Transactions",
    mark="forecast",
    parts=(Part("txn_volume", "transactions"),),
    subtitle="{unit} a day",
    grain="day",
    series="txn_volume",
)

CUSTOMERS = ChartSpec(
    title="Transactions by customers",
    mark="forecast",
    parts=(Part("customer_txn_volume", "customers' transactions"),),
    subtitle="{unit} a day that a customer started",
    grain="day",
    series="customer_txn_volume",
)

SERIES = (DEPOSITS, CARD_SPEND, VALUE, VOLUME, CUSTOMERS)


def headline(reader: Reader, selection: Selection) -> tuple[str, str]:
    """What the first series with a forecast should come to, and how far the forecasts are to be believed."""
    for spec in SERIES:
        made = newest_forecast(spec, reader, selection)
        if not isinstance(made, str):
            break
    else:
        return "No forecast for this period", text(str(newest_forecast(SERIES[0], reader, selection)))
    unit = reader.metric(spec.parts[0].metric).unit
    ends = [day for day in made.days if day == month_end(day)] if spec.grain == "month" else []
    last = max(ends or made.days)
    expected, low, high = made.days[last]
    when_ = f"at the end of {last:%B %Y}" if ends else f"on {last.day} {last:%B %Y}"
    said = (
        f"{spec.title}: {number(expected, unit)} expected {when_}, "
        f"{share_text(made.interval)} between {number(low, unit)} and {number(high, unit)}"
    )
    tested = _tested(reader, selection)
    verdicts = [row["better"] for row in tested if row["better"] is not None]
    if not verdicts:
        return said, "None of the forecasts has been tested against what happened."
    better = sum(verdicts)
    lede = (
        f"In the tests <b>{better} of {len(verdicts)}</b> forecasts err less than repeating the last week"
        f"{'' if better else ': do not plan by them'}."
    )
    coverage = next(row["coverage"] for row in tested if row["spec"] is spec)
    if coverage is not None:
        held = f"<b>{text(number(coverage, '%'))}</b>"
        meant = share_text(made.interval)
        lede += f" The band of {text(spec.title.lower())} held {held} of the days; meant are {meant}."
    return said, lede


def _tested(reader: Reader, selection: Selection) -> list[dict[str, Any]]:
    """Per series its errors and coverage in the tests up to the period's end, and whether it beats the
    naive.
    """
    names = ("forecast_error", "forecast_coverage", "forecast_origins")
    end = min(month_end(selection.period.last), month_end(reader.snapshot.last_month))
    request = MetricRequest(names, ("series", "forecast_model"), (), reader.snapshot.first_month, end)
    frame = reader.ask(request).frame
    found = {(one["series"], one["forecast_model"]): one for one in frame.to_dict("records")}
    rows = []
    for spec in SERIES:
        own, naive = found.get((spec.series, MODEL)), found.get((spec.series, NAIVE))
        error = _number(own, "forecast_error")
        other = _number(naive, "forecast_error")
        rows.append(
            {
                "spec": spec, "error": error, "naive": other, "coverage": _number(own, "forecast_coverage"),
                "tests": _number(own, "forecast_origins"),
                "better": None if error is None or other is None else error < other,
            }
        )  # fmt: skip
    return rows


def _number(record: dict[Any, Any] | None, name: str) -> float | None:
    return None if record is None or pd.isna(record[name]) else float(record[name])


def quality(reader: Reader, selection: Selection) -> Content:
    """How the forecasts did in the tests: against repeating the last week, and how wide the band is."""
    subtitle = f"Forecasts made up to {selection.period.name} against what came, as far as it is known now"
    known = forecasts(reader.snapshot)
    rows, untested = [], []
    for one in _tested(reader, selection):
        spec = one["spec"]
        if one["error"] is None:
            why = "not tested yet" if spec.series in known else "no forecast"
            untested.append(f"{spec.title}: {why}")
            continue
        interval = next(iter(known[spec.series].values())).interval if spec.series in known else None
        verdict, tone = _verdict(one["better"])
        cells = (
            text(spec.title), number(one["error"], "ratio"), number(one["naive"], "ratio"),
            f'<span class="{tone}">{text(verdict)}</span>', number(one["coverage"], "%"),
            text(_width(one["coverage"], interval)), number(one["tests"]),
        )  # fmt: skip
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    if not rows:
        return Content(subtitle, missing="No forecast of this snapshot has been tested up to then.")
    columns = ("Series", "Error", "Last week's", "Verdict", "In the band", "The band is", "Tests")
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in columns)
    foot = "Error: mean absolute error in those of repeating the last week day by day in the history (MASE)."
    if untested:
        foot += f" {'. '.join(untested)}."
    return Content(
        subtitle,
        f'<div class="scroll"><table aria-label="How good the forecasts are"><thead><tr>{head}</tr></thead>'
        f'<tbody>{"".join(rows)}</tbody></table></div><p class="foot">{text(foot)}</p>',
    )


def _verdict(better: bool | None) -> tuple[str, str]:
    if better is None:
        return "no naive to compare", "same"
    return ("better", "better") if better else ("worse than naive", "worse")


def _width(coverage: float | None, interval: float | None) -> str:
    if coverage is None or interval is None:
        return MISSING
    if coverage < interval - CLOSE:
        return "too narrow"
    return "too wide" if coverage > interval + CLOSE else "right"


def outside(reader: Reader, selection: Selection) -> Content:
    """The days that the newest forecast which can be checked did not expect."""
    found: list[tuple[ChartSpec, Missed]] = []
    checked: list[tuple[ChartSpec, Forecast, int]] = []
    for spec in SERIES:
        made = _checkable(spec, reader, selection)
        if made is None:
            continue
        happened, _ = actuals(spec, reader, min(made.days), max(made.days))
        after = [day for day in happened if day in made.days]
        checked.append((spec, made, len(after)))
        found += [(spec, one) for one in missed(made, happened)]
    if not checked:
        subtitle = "What lay outside the bands"
        reason = "Nothing has happened yet since the forecasts that the period could know."
        return Content(subtitle, missing=reason)
    origin = max(made.origin for _, made, _ in checked)
    days = max(count for *_, count in checked)
    subtitle = (
        f"Forecast of {origin.day} {origin:%B %Y}, the {days} days known since; the furthest outside first"
    )
    if not found:
        return Content(subtitle, missing="Everything that happened since lies inside the bands.")
    ranked = sorted(found, key=lambda pair: (-pair[1].widths, pair[1].day, pair[0].title))
    rows = []
    for spec, one in ranked[:SHOWN]:
        unit = reader.metric(spec.parts[0].metric).unit
        above = "above" if one.beyond > 0 else "below"
        cells = (
            when(one.day, spec.grain), spec.title, number(one.actual, unit), number(one.expected, unit),
            f"{number(one.lower, unit)} to {number(one.upper, unit)}",
            f"{number(abs(one.beyond), unit)} {above}",
        )  # fmt: skip
        rows.append("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in cells) + "</tr>")
    more = f"; {SHOWN} of {len(found)}" if len(found) > SHOWN else ""
    columns = ("When", "Series", "Happened", "Expected", "Band", "Outside by")
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in columns)
    return Content(
        subtitle + more,
        '<div class="scroll" tabindex="0" role="region" aria-label="Days outside the band">'
        '<table class="outside">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>",
    )


def _checkable(spec: ChartSpec, reader: Reader, selection: Selection) -> Forecast | None:
    """The newest forecast that the period could know and on which something has happened since."""
    known = forecasts(reader.snapshot).get(spec.series, {})
    last = month_end(reader.snapshot.last_month)
    old = {origin: one for origin, one in known.items() if origin < last}
    return made_by(old, month_end(selection.period.last))


PAGE = Page(
    slug="forecasts",
    title="Forecasts",
    story=TellSpec(headline),
    rows=(
        (DEPOSITS, CARD_SPEND),
        (VALUE, VOLUME, CUSTOMERS),
        (BlockSpec("How far to believe them", quality),),
        (BlockSpec("Outside the band", outside),),
    ),
)
