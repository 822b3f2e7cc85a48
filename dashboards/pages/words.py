"""How the registry's facts are said in words."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards.dimensions import dimension
from dashboards.metrics import Metric

DOMAINS: Mapping[str, str] = {
    "finance": "Finance",
    "customers": "Customers",
    "credit": "Credit",
    "fraud": "Fraud",
    "transactions": "Transactions",
    "control": "Data and models",
}
"""In the order in which lists show them."""

_UNITS = {"n": "count", "ratio": "ratio", "pp": "percentage points", "bps": "basis points", "%": "percent"}
_BETTER = {"up": "Higher is better", "down": "Lower is better", "ctx": "Depends on the case"}
_NAMES = (
    "branch__branch_name",
    "branch__parent_branch_id",
    "product__product_name",
    "ledger_code__ledger_name",
)
"""Groups that only say what others are called."""


def spoken(name: str) -> str:
    """`data_engineering` as people say it."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def domain_word(name: str) -> str:
    return DOMAINS.get(name, spoken(name))


def label_of(metric: Metric) -> str:
    """Its label; of a part without one its name in words."""
    return spoken(metric.id) if metric.label == metric.id else metric.label


def unit_word(metric: Metric, currency: str) -> str:
    return currency if metric.unit == "ccy" else _UNITS.get(metric.unit, metric.unit)


def better_words(metric: Metric) -> str:
    return _BETTER.get(metric.better, "")


def time_words(metric: Metric) -> str:
    """What becomes of its months."""
    if metric.denominator is not None or metric.inputs:
        last = "Worked out from its parts in the last month of a period"
        return last if metric.kind == "stock" else "Its parts are added up first, then put together"
    if metric.kind == "stock":
        return "A position: of several months the last one counts"
    return "Added up over time" if metric.additive else "Counted anew for each period"


def grain_words(metric: Metric) -> str:
    grains = [name.removeprefix("metric_time__") for name in metric.time_grains]
    return f"{', '.join(grains[:-1])} or {grains[-1]}"


def group_words(metric: Metric) -> str:
    """What it may be split by; a hierarchy's levels are said once."""
    names = [name for name in metric.dimensions if name not in _NAMES and "__level_" not in name]
    labels = list(dict.fromkeys(dimension(name).label.lower() for name in names))
    levels = any("__level_" in name for name in metric.dimensions)
    return ", ".join([*labels, *(["level of the organisation"] if levels else [])])


def within_words(metric: Metric) -> str:
    """Dimensions that it is never summed over."""
    return "; ".join(
        f"one {dimension(name).label.lower()}"
        + (f", {dimension(name).word(value).lower()} unless chosen" if value else "")
        for name, value in metric.within.items()
    )


def state_words(state: str) -> str:
    """`Available`, or `Needs hqla`: what the state of a metric in the newest month says."""
    words = state.removeprefix("not available").removeprefix(": ")
    return words[:1].upper() + words[1:]
