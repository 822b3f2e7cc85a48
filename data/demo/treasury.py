"""Rates, curves, macro series, capital facts, targets: what treasury and controlling deliver."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.demo import arrow
from data.demo.ledger import CHART
from data.demo.parameters import Size
from data.demo.reference import REGIONS
from data.demo.timeline import Timeline, day_number

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TENORS = (1, 30, 90, 180, 365, 730, 1095, 1825, 3650)
CURVES = ("FTP-EUR", "DISCOUNT-EUR")
SERIES = ("unemployment_rate", "wage_index", "policy_rate", "house_price_index")


def dollar_rates(size: Size) -> Ints:
    """EUR per USD in millionths, one per day: a random walk that returns to 0.92."""
    random = size.random("exchange")
    shock = random.normal(0, 0.0035, size.timeline.days)
    level = np.empty(size.timeline.days)
    value = 0.0
    for index, change in enumerate(shock.tolist()):
        value = 0.995 * value + change
        level[index] = value
    return np.round(0.92 * np.exp(level) * 1_000_000).astype(np.int64)


def exchange_rates(timeline: Timeline, rates: Ints, month: int) -> pa.Table:
    """The `exchange_rate` extract: EUR per USD on every day of a month."""
    days = np.arange(timeline.starts[month], timeline.starts[month + 1])
    count = len(days)
    return pa.table(
        {
            "id": arrow.ids("USDEUR-", days, 5),
            "date": arrow.dates(days),
            "base_currency_code": arrow.constant("USD", count),
            "quote_currency_code": arrow.constant("EUR", count),
            "quote": arrow.decimal(rates[days - timeline.first_day] * 100, 18, 8),
        }
    )


def short_rates(size: Size) -> Floats:
    """The one-day rate per day, as a fraction."""
    random = size.random("curve")
    days = np.arange(size.timeline.days)
    slow = 0.006 * np.sin(days / 700 + 0.6)
    return 0.026 + slow + np.cumsum(random.normal(0, 0.00004, len(days)))


def curves(timeline: Timeline, short: Floats, month: int) -> pa.Table:
    """The `curve` extract: transfer price and discount curves on every day of a month."""
    days = np.arange(timeline.starts[month], timeline.starts[month + 1])
    level = short[days - timeline.first_day]
    tenor = np.array(TENORS)
    slope = 0.006 * (1 - np.exp(-tenor / 900))
    parts = []
    for number, name in enumerate(CURVES):
        rate = level[:, None] + slope[None, :] + (0.0035 * np.sqrt(tenor / 3650) if number == 0 else 0.0)
        count = rate.size
        parts.append(
            pa.table(
                {
                    "curve_id": arrow.constant(name, count),
                    "date": arrow.dates(np.repeat(days, len(tenor))),
                    "tenor_days": pa.array(np.tile(tenor, len(days)), pa.int32()),
                    "rate": arrow.decimal(np.round(rate.reshape(-1) * 1_000_000).astype(np.int64), 9, 6),
                    "currency_code": arrow.constant("EUR", count),
                }
            )
        )
    return pa.concat_tables(parts)


def macro(size: Size, short: Floats) -> list[pa.Table]:
    """The `macro_series` extracts, one per month: by region, dated on the month end."""
    random = size.random("macro")
    timeline = size.timeline
    months = size.months
    unemployment = (
        5.4 + 0.7 * np.sin(np.arange(months)[:, None] / 14 + np.arange(4)) + np.array([0.2, 0.9, -0.8, 0.3])
    )
    unemployment = (
        unemployment
        + 0.35
        * np.cos((np.array([timeline.calendar_month(m) for m in range(months)]) - 1) / 6 * np.pi)[:, None]
        + random.normal(0, 0.06, (months, 4))
    )
    wages = 100 * (1.03 ** (np.arange(months) / 12))[:, None] * np.array([1.0, 0.95, 1.08, 1.01])
    houses = 100 * np.exp(np.cumsum(random.normal(0.002, 0.004, (months, 4)), axis=0))
    out = []
    for month in range(months):
        policy = short[int(timeline.ends[month]) - timeline.first_day] * 100
        values = [unemployment[month], wages[month], np.full(4, policy), houses[month]]
        out.append(
            pa.table(
                {
                    "series_id": [name for name in SERIES for _ in REGIONS],
                    "region_id": list(REGIONS) * len(SERIES),
                    "date": arrow.dates(np.full(len(SERIES) * 4, timeline.ends[month])),
                    "value": pa.array(np.round(np.concatenate(values), 4)),
                    "scenario": arrow.constant("actual", len(SERIES) * 4),
                }
            )
        )
    return out


RISK_WEIGHT = {
    "cash": 0.0,
    "due_from_banks": 0.10,
    "securities": 0.12,
    "loans": 0.0,
    "allowance": 1.0,
    "fixed_assets": 1.0,
    "intangibles": 0.0,
    "other_assets": 1.0,
}
LOAN_WEIGHT = {"1210": 0.35, "1220": 0.75, "1230": 0.85, "1240": 0.75}
OPERATIONAL_RISK = 0.10
"""Operational risk as a share of credit risk-weighted assets."""


def capital(closing: Ints, period_end: int) -> pa.Table:
    """The `financial_fact` extract of a quarter end, from that day's ledger (standardised approach,
    simplified).

    Args:
        closing: debit-positive closing balances in EUR cents per [ledger code, cost centre].
        period_end: day number.
    """
    total = closing.sum(axis=1)
    by_line: dict[str, int] = {}
    credit_risk = 0.0
    for row, amount in zip(CHART, total.tolist(), strict=True):
        by_line[row.kpi_line] = by_line.get(row.kpi_line, 0) + amount
        if row.group == "asset":
            credit_risk += amount * LOAN_WEIGHT.get(row.code, RISK_WEIGHT[row.kpi_line])
    equity = -(by_line["share_capital"] + by_line["retained_earnings"])
    common = equity - by_line["intangibles"]
    tier2 = min(-by_line["allowance"] // 2, int(credit_risk * 0.0125))
    facts = {
        "cet1_capital": common,
        "tier1_capital": common,
        "total_capital": common + tier2,
        "risk_weighted_assets": int(credit_risk * (1 + OPERATIONAL_RISK)),
    }
    count = len(facts)
    return pa.table(
        {
            "entity_id": arrow.constant("DEMO", count),
            "concept": list(facts),
            "taxonomy": arrow.constant("house", count),
            "period_start": arrow.nulls(count, pa.date32()),
            "period_end": arrow.dates(np.full(count, period_end)),
            "is_ytd": pa.array([False] * count),
            "value": arrow.decimal(np.array(list(facts.values())) * 10_000, 24, 6),
            "unit": arrow.constant("ccy", count),
        }
    )


TARGETS: tuple[tuple[str, float, float, float], ...] = (
    ("nim", 2.8, 2.5, 2.2),
    ("roa", 0.9, 0.7, 0.5),
    ("roe", 9.0, 7.5, 6.0),
    ("cost_to_income", 58.0, 62.0, 66.0),
    ("npl_ratio", 1.6, 2.2, 3.0),
    ("par30", 2.2, 3.0, 4.0),
    ("attrition_rate", 7.5, 9.0, 11.0),
    ("digital_share", 75.0, 70.0, 65.0),
    ("fraud_rate_bps", 6.0, 9.0, 12.0),
    ("decline_rate", 2.0, 2.8, 3.5),
)
"""(metric, target, amber, red) in the metric's unit."""


BUDGET: tuple[tuple[str, tuple[str, ...], int, float], ...] = (
    (
        "net_interest_income",
        (
            "interest_income_loans",
            "interest_income_securities",
            "interest_income_other",
            "interest_expense_deposits",
            "interest_expense_borrowings",
        ),
        1,
        0.03,
    ),
    ("nonint_income", ("fee_income", "fee_expense", "other_operating_income"), 1, 0.03),
    (
        "nonint_expense",
        ("staff_expenses", "other_administrative_expenses", "depreciation", "amortisation_intangibles"),
        -1,
        0.02,
    ),
    ("provision_expense", ("provision_expense",), -1, 0.0),
)
"""(metric, its leaves in the chart of accounts, sign, growth on the run rate of the year so far)."""
AMBER, RED = 0.05, 0.10
"""How far an amount may fall short of its budget."""


def budget(closing: Ints, months: int) -> dict[str, int]:
    """Amounts in cents that controlling expects of a month of the next year, by metric.

    Args:
        closing: year-to-date closings in euro, [ledger code, cost centre]; debit positive.
        months: how many months of the year they cover.
    """
    by_line = {line: 0 for row in CHART if (line := row.kpi_line)}
    for row, amounts in zip(CHART, closing, strict=True):
        by_line[row.kpi_line] -= int(amounts.sum())
    return {
        metric: round(sign * sum(by_line[leaf] for leaf in leaves) / months * (1 + growth))
        for metric, leaves, sign, growth in BUDGET
    }


def targets(year: int, budgets: dict[str, int]) -> pa.Table:
    """The `target` extract for one year, a row per metric and month; the board approves what controlling
    proposes. Ratios in the metric's unit, budgeted amounts in currency units.
    """
    drift = 1 + 0.01 * (year % 3)
    rows = [
        (metric, month, tuple(round(value * drift, 3) for value in values))
        for metric, *values in TARGETS
        for month in range(1, 13)
    ]
    signs = {metric: sign for metric, _, sign, _ in BUDGET}
    rows += [
        (
            metric,
            month,
            tuple(round(cents * (1 - signs[metric] * short) / 100, 2) for short in (0, AMBER, RED)),
        )
        for metric, cents in budgets.items()
        for month in range(1, 13)
    ]
    return pa.table(
        {
            "metric_id": [metric for metric, _, _ in rows],
            "dimension_key": arrow.constant("all", len(rows)),
            "period": arrow.dates(np.array([day_number(date(year, month, 1)) for _, month, _ in rows])),
            "target": [values[0] for _, _, values in rows],
            "amber": [values[1] for _, _, values in rows],
            "red": [values[2] for _, _, values in rows],
            "proposed_by": arrow.constant("controlling", len(rows)),
            "approved_by": arrow.constant("board", len(rows)),
        }
    )
