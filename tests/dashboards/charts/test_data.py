"""From a specification to a picture's data, on the hand-made bank of `tests.dashboards.bank`."""

from __future__ import annotations

import pytest

from dashboards.charts.data import chart_data
from dashboards.charts.data.shared import scale_for
from dashboards.charts.data.waterfall import changes, contributions
from dashboards.charts.draw.lines import Lines
from dashboards.charts.draw.stack import Stack
from dashboards.charts.draw.waterfall import Steps
from dashboards.charts.spec import ChartSpec, Part
from dashboards.pages.overview import BALANCES, MARGIN, PAST_DUE, PROFIT
from dashboards.reader import Reader
from tests.dashboards.bank import select


def test_the_waterfall_leads_from_one_period_to_the_other(reader: Reader) -> None:
    """December 2024: B01 earns (11,100 − 5,000) × 0.8 = 4,880, the others nothing. December 2025: 5,840."""
    shown = chart_data(PROFIT, reader, select(reader))
    assert shown.subtitle == "December 2025 against December 2024, thousand euros"
    steps = shown.data
    assert isinstance(steps, Steps)
    assert steps.names[0] == "Dec 2024"
    assert steps.names[-1] == "Dec 2025"
    assert steps.tops[0] == pytest.approx(4.88)
    assert steps.tops[-1] == pytest.approx(5.84)
    assert steps.ends[-2] == pytest.approx(5.84), "the parts end where the total stands"


def test_contributions_sum_to_the_change(reader: Reader) -> None:
    moved = changes(PROFIT.metrics, reader, select(reader))
    parts = contributions(PROFIT, moved)
    assert sum(part.value for part in parts) == pytest.approx(5840 - 4880)
    assert {part.part.name: part.value for part in parts}["Admin"] == pytest.approx(5500)


def test_in_one_branch_only_its_own_parts_count(reader: Reader) -> None:
    moved = changes(PROFIT.metrics, reader, select(reader, branch="B01"))
    assert {part.part.name: round(part.value) for part in contributions(PROFIT, moved)} == {
        "Interest": 1200,
        "Tax": -240,
    }


def test_margin_stands_before_the_middle_half_of_the_peers(reader: Reader) -> None:
    shown = chart_data(MARGIN, reader, select(reader))
    assert shown.subtitle == "Percent, by quarter; band: middle half of 5 banks"
    lines = shown.data
    assert isinstance(lines, Lines)
    peers = lines.strands["peers"]
    assert peers.y[-1] == pytest.approx(3.3)
    assert (peers.lower[-1], peers.upper[-1]) == pytest.approx((3.2, 3.4))
    assert lines.strands["nim"].label == "us 5.12"
    assert len(lines.strands["nim"].x) == 8


def test_the_forecast_continues_the_deposits(reader: Reader) -> None:
    lines = chart_data(BALANCES, reader, select(reader)).data
    assert isinstance(lines, Lines)
    forecast = lines.strands["forecast"]
    assert forecast.x[0] == lines.strands["deposit_balance"].x[-1] == lines.since
    assert len(forecast.x) == 4, "three month ends within the 90 days"
    assert not lines.strands["deposit_balance"].label, "the name stands at the forecast's end"


def test_a_branch_has_no_forecast_and_the_subtitle_says_so(reader: Reader) -> None:
    shown = chart_data(BALANCES, reader, select(reader, branch="B01"))
    assert isinstance(shown.data, Lines)
    assert "forecast" not in shown.data.strands
    assert shown.subtitle.endswith("forecast for the whole bank only")


def test_past_due_is_stacked_by_bucket_in_percent_of_the_loans(reader: Reader) -> None:
    """December 2025: two branches, 5,000 at 90+ and 10,000 at 30–89 in each, 500,000 and 800,000 lent."""
    shown = chart_data(PAST_DUE, reader, select(reader))
    assert shown.subtitle == "Share of gross loans by days past due, percent"
    stack = shown.data
    assert isinstance(stack, Stack)
    assert len(stack.months) == 12
    assert stack.parts["90+ days"][-1] == pytest.approx(100 * 10_000 / 1_300_000)
    assert stack.parts["30–89"][-1] == pytest.approx(100 * 20_000 / 1_300_000)
    assert stack.parts["1–29"][-1] == 0
    assert stack.labels["30–89"] == "30–89 1.54"
    assert stack.tips["30–89"][-1] == "Dec 2025 · 30–89 1.5385\N{NO-BREAK SPACE}%"


def test_a_filter_that_a_chart_cannot_take_is_said(reader: Reader) -> None:
    assert chart_data(PROFIT, reader, select(reader, segment="sme")).subtitle.endswith("not split by segment")


def test_the_first_month_has_nothing_to_be_held_against(reader: Reader) -> None:
    shown = chart_data(PROFIT, reader, select(reader, period="2024-01"))
    assert shown.data is None
    assert shown.missing == "There is nothing to hold it against: the data begin in January 2024."


@pytest.mark.parametrize(
    ("largest", "by", "words"),
    [(1_840_000, 1e6, "million euros"), (268_000, 1e3, "thousand euros"), (12, 1, "euros")],
)
def test_amounts_are_scaled_for_reading(reader: Reader, largest: float, by: float, words: str) -> None:
    scale = scale_for(reader.metric("net_profit"), [largest, -3.0], "EUR")
    assert (scale.by, scale.words) == (by, words)


def test_a_target_runs_beside_the_figure_where_there_is_one(reader: Reader) -> None:
    """55 % for the year 2025, nothing for 2024."""
    spec = ChartSpec("Cost", "lines", (Part("cost_to_income", "us"),), "{unit}", beside="target")
    shown = chart_data(spec, reader, select(reader)).data
    assert isinstance(shown, Lines)
    target = shown.strands["target"]
    assert [f"{day:%Y-%m}" for day in target.x] == [f"2025-{month:02d}" for month in range(1, 13)]
    assert set(target.y) == {55.0}
    assert target.label == "limit 55.00"
    branch = chart_data(spec, reader, select(reader, branch="B01")).data
    assert isinstance(branch, Lines)
    assert "target" not in branch.strands


def test_a_chart_over_a_year_reaches_as_far_back_as_the_data(reader: Reader) -> None:
    spec = ChartSpec("New", "bars", (Part("customers_new"),), "{period}", by="segment", over="12m")
    assert chart_data(spec, reader, select(reader, period="2024-12")).subtitle == "12 months to Dec 2024"
    assert chart_data(spec, reader, select(reader, period="2024-03")).subtitle == "Jan–Mar 2024"


def test_a_figure_that_looks_back_is_asked_from_a_month_later(reader: Reader) -> None:
    """Roll rates look back a month, and the data begin in January 2024."""
    assert f"{reader.known_from('roll_rate'):%Y-%m}" == "2024-02"
    assert f"{reader.known_from('fraud_rate_bps'):%Y-%m}" == "2024-07"


def test_the_reason_for_no_figure_is_told(reader: Reader) -> None:
    """The loans of December 2025 have not had their twelve months."""
    spec = ChartSpec("Defaults", "bars", (Part("default_rate_12m"),), "{unit} of loans", by="product")
    shown = chart_data(spec, reader, select(reader))
    assert shown.missing == "No figures: no loan performs, or the month's twelve months are not over."
    assert shown.subtitle == "Loans"
