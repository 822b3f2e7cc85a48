"""Answers that can be checked in the head, see `tests/dashboards/bank.py` for the bank they are about."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards.metrics import Filter, MetricRequest, MetricTable, compiled, query
from dashboards.snapshot import Snapshot, current
from runtime.errors import BankError


def _ask(snapshot: Snapshot, *metrics: str, **rest: Any) -> MetricTable:
    return query(snapshot, MetricRequest.of(metrics, **rest))


def _one(snapshot: Snapshot, metric: str, **rest: Any) -> float | None:
    (record,) = _ask(snapshot, metric, **rest).records
    return record[0]


# ---------------------------------------------------------------- sums and ratios


def test_a_flow_is_summed_over_time_and_branches(snapshot: Snapshot) -> None:
    # 2025: B01 has k = 12 … 23, so 12 × 10,000 + 100 × 210; B02 12 × 5,000; B03 6 × 5,000
    assert _one(snapshot, "net_interest_income", start="2025", end="2025") == 141_000 + 60_000 + 30_000


def test_a_ratio_of_a_roll_up_is_the_ratio_of_the_sums(snapshot: Snapshot) -> None:
    # December 2025: B01 earns 12,300 and B02 5,000 on 2,000,000 each, over 31 days
    by_branch = _ask(snapshot, "nim", group_by="branch", start="2025-12").frame.set_index("branch")["nim"]
    assert by_branch["B01"] == pytest.approx(365 * 12_300 / (2_000_000 * 31))
    assert by_branch["B02"] == pytest.approx(365 * 5_000 / (2_000_000 * 31))
    assert _one(snapshot, "nim", start="2025-12") == pytest.approx(365 * 17_300 / (4_000_000 * 31))


def test_a_ratio_over_a_year_weighs_by_days_and_balances(snapshot: Snapshot) -> None:
    # three branches until June (181 days), two until December (184 days)
    days = 3 * 181 + 2 * 184
    expected = 365 * (141_000 + 60_000 + 30_000) / (2_000_000 * days)
    assert _one(snapshot, "nim", start="2025") == pytest.approx(expected)


def test_a_ratio_without_a_positive_denominator_is_not_defined(snapshot: Snapshot) -> None:
    # nobody holds a business loan at B01 after November
    assert _one(snapshot, "npl_ratio", where=["branch = B01", "product = BIZ"], start="2025-12") is None


def test_both_efficiency_ratios_are_told_apart(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "cost_to_income", "efficiency_ratio_fdic", where="branch = B02", start="2025")
    assert table.records == [(pytest.approx(6_000 / 7_000), pytest.approx(6_000 / 7_000))]


def test_profit_is_the_sum_of_its_parts(snapshot: Snapshot) -> None:
    parts = (
        "net_interest_income",
        "nonint_income",
        "sec_gains",
        "nonint_expense",
        "provision_expense",
        "tax",
    )
    table = _ask(snapshot, "net_profit", *parts, group_by=["metric_time__quarter", "branch"])
    for profit, interest, other, gains, cost, provisions, tax in (record[2:] for record in table.records):
        assert profit == pytest.approx(interest + other + gains - cost - provisions - tax)


def test_metrics_of_several_marts_stand_in_one_table(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot, "total_deposits", "par30", "fraud_rate_bps", "customers", group_by="branch", start="2025-12"
    )
    assert table.records == [
        ("B01", 1_230_000, pytest.approx(15_000 / 500_000), 6.0, 200),
        ("B02", 500_000, pytest.approx(15_000 / 800_000), 6.0, 200),
    ]


def test_attrition_over_a_year_is_lost_over_average_customers(snapshot: Snapshot) -> None:
    # 4 groups of 100 customers lose one a month each
    assert _one(snapshot, "attrition_rate", start="2025") == pytest.approx(48 / 400)
    # also at the end of each month, over the twelve up to it, as soon as a year of losses is known
    table = _ask(snapshot, "attrition_rate", "retention_rate", group_by="metric_time__month", start="2024-12")
    assert [record[1:] for record in table.records[:2]] == [(None, None), (0.12, 0.88)]
    assert table.undefined["attrition_rate"] == (
        "not defined in 1 of 13 rows: fewer than twelve months of customers are known before it"
    )


def test_a_position_over_a_quarter_is_that_of_its_end(snapshot: Snapshot) -> None:
    """Active customers are those of the 90 days before it, so three months' are not added up."""
    quarter = _one(snapshot, "customers_active", start="2025-10", end="2025-12")
    assert quarter == _one(snapshot, "customers_active", start="2025-12") == 320


def test_what_a_customer_can_hold_several_of_is_told_singly(snapshot: Snapshot) -> None:
    with pytest.raises(BankError, match="product_penetration can't be added up over family"):
        _ask(snapshot, "product_penetration", start="2025-12")
    table = _ask(snapshot, "product_penetration", "product_attrition", group_by="family", start="2025-12")
    assert table.records == [("current", 0.75, 0), ("mortgage", 0.25, 4)]


def test_the_retention_matrix_has_what_is_observed(snapshot: Snapshot) -> None:
    with pytest.raises(BankError, match="cohort_retention_rate can't be added up over months_since"):
        _ask(snapshot, "cohort_retention_rate", group_by="cohort")
    third = _ask(
        snapshot, "cohort_retention_rate", group_by="cohort", where="months_since = 3", end="2024-12"
    )
    assert third.records == [("2024-Q1", 0.8), ("2024-Q2", 0.8), ("2024-Q3", 0.8)]


def test_a_campaign_s_uplift_has_an_interval(snapshot: Snapshot) -> None:
    with pytest.raises(BankError, match="campaign_uplift can't be added up over campaign"):
        _ask(snapshot, "campaign_uplift")
    table = _ask(
        snapshot, "campaign_uplift", "campaign_uplift_lower", "campaign_uplift_upper", group_by="campaign"
    )
    # 0.1 ± 1.96 × √(0.3 × 0.7 / 100 + 0.2 × 0.8 / 50)
    assert table.records == [
        ("SPRING", *(pytest.approx(one, abs=1e-7) for one in (0.1, -0.0426902, 0.2426902)))
    ]


def test_the_week_is_told_by_hour(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "hourly_txn_volume", group_by="day_of_week,hour_of_day", start="2025-11")
    assert table.records == [(1, 8, 16), (1, 9, 18)]


def test_net_flow_is_credits_less_debits(snapshot: Snapshot) -> None:
    # 2 branches × 2 channels × (300 − 200) a day
    assert _one(snapshot, "net_flow", start="2025-12-30", end="2025-12-31") == 800


def test_rates_in_basis_points_carry_their_factor(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "fraud_rate_bps", "fraud_rate_count_bps", group_by="channel", start="2025-12")
    assert table.records == [("card_pos", 3.0, 2.0), ("mobile", 9.0, 2.0)]


def test_alerts_are_told_of_any_detector_or_of_one(snapshot: Snapshot) -> None:
    # two frauds of 900 and 300 on the first of each month, of which the rules see the first
    table = _ask(
        snapshot,
        "value_detection_rate",
        "recall_cards",
        "alerts_per_day",
        group_by="detector",
        start="2025-12",
    )
    assert table.records == [
        ("any", 0.75, 0.5, pytest.approx(4 / 31)),
        ("model", 0.0, 0.0, None),
        ("rules", 0.75, 0.5, pytest.approx(4 / 31)),
    ]
    assert _one(snapshot, "value_detection_rate", start="2025-12") == 0.75
    assert _one(snapshot, "value_detection_rate", where="detector = model", start="2025-12") == 0.0
    with pytest.raises(BankError, match="value_detection_rate can't be added up over detector"):
        _ask(snapshot, "value_detection_rate", where="detector in (rules, model)", start="2025-12")


def test_a_median_is_of_all_its_rows(snapshot: Snapshot) -> None:
    # 2, 4 and 12 hours every month; nine tenths of the way lie between 4 and 12
    table = _ask(
        snapshot, "time_to_disposition", "time_to_disposition_p90", "alert_precision", "loss_prevented_net",
        start="2025",
    )  # fmt: skip
    assert table.records == [(4.0, 12.0, pytest.approx(1 / 3), 12 * (900 - 3 * 20))]
    with pytest.raises(BankError, match="time_to_disposition can't run over ytd"):
        _ask(snapshot, "time_to_disposition", start="2025-12", over="ytd")


def test_open_alerts_are_a_position_by_age(snapshot: Snapshot) -> None:
    ages = _ask(snapshot, "alerts_open", group_by="open_alert__alert_age", start="2025")
    assert ages.records == [("0-30", 1), ("31-60", 23), ("61-90", 23), ("90+", 23)]


def test_a_model_is_judged_by_itself_and_as_of_its_last_month(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("model_gini_ks", "model_ks", "model_calibration", "model_psi")
    table = _ask(snapshot, *names, where="model = pd", start="2025")
    assert table.records == [(None,) * 4]
    assert set(table.unavailable.values()) == {"not available: needs models.model_evaluation"}
    evaluated = {"models.model_evaluation": frozenset(f"2025-{month:02d}" for month in range(1, 13))}
    monkeypatch.setattr(snapshot, "availability", {**snapshot.availability, **evaluated})
    # December is k = 23; of twelve months alike 12 × 10 defaults were there and 12 × 8 expected
    table = _ask(snapshot, *names, where="model = pd", start="2025")
    assert table.records == [(pytest.approx(0.73), 0.4, 10 / 8, 0.12)]
    grades = _ask(
        snapshot, "model_calibration", "model_psi", group_by="part", where="model = pd", start="2025-12"
    )
    assert grades.records == [
        ("all", 10 / 8, 0.12), ("feature:age", None, 0.3), ("grade:A", 6 / 5, None), ("grade:B", 4 / 3, None),
    ]  # fmt: skip
    with pytest.raises(BankError, match="model_gini_ks can't be added up over model"):
        _ask(snapshot, "model_gini_ks")
    with pytest.raises(BankError, match="model_psi can't be added up over part"):
        _ask(snapshot, "model_psi", where=["model = pd", "part in (grade:A, grade:B)"])


@pytest.mark.parametrize(
    ("metric", "where", "message"),
    [
        ("nim", "branch = B1", "There is no branch B1. Nearest: B01"),
        ("roe", "basis = fdic_qtrly", "There is no basis fdic_qtrly. Nearest: fdic_qtr"),
        ("net_flow", "channel in (mobil, mobbil)", "There is no channel mobil. Nearest: mobile."),
        ("par30", "product = XYZ", "There is no product XYZ. There are BIZ, CUR, MTG, unallocated."),
    ],
)
def test_a_value_that_does_not_exist_is_named_with_the_nearest(
    snapshot: Snapshot, metric: str, where: str, message: str
) -> None:
    with pytest.raises(BankError) as caught:
        _ask(snapshot, metric, where=where, start="2025-10")
    assert message in str(caught.value)


def test_a_value_that_has_ended_is_no_mistake(snapshot: Snapshot) -> None:
    assert _one(snapshot, "nim", where="branch = B03", start="2025-12") is None
    # nor is one that this metric never has: nobody borrows on a current account
    assert _one(snapshot, "par30", where="product = CUR", start="2025-12") is None


# ---------------------------------------------------------------- bases


def test_without_a_word_a_ratio_is_on_its_default_basis(snapshot: Snapshot) -> None:
    said = _one(snapshot, "roa", where="basis = daily", start="2025")
    assert _one(snapshot, "roa", start="2025") == said is not None


def test_a_basis_concerns_only_the_metrics_that_have_one(snapshot: Snapshot) -> None:
    # December 2025, quarter annualised: B02 earns 4 × 3 × 5,000 on 2,000,000 and has 500,000 of deposits
    table = _ask(
        snapshot, "nim", "total_deposits", where=["basis = fdic_qtr", "branch = B02"], start="2025-10"
    )
    assert table.records == [(pytest.approx(60_000 / 2_000_000), 500_000)]


def test_on_a_quarterly_basis_the_last_quarter_of_a_period_counts(snapshot: Snapshot) -> None:
    years = _ask(snapshot, "nim", group_by="metric_time__year", where=["basis = fdic_qtr", "branch = B01"])
    quarters = _ask(
        snapshot, "nim", group_by="metric_time__quarter", where=["basis = fdic_qtr", "branch = B01"]
    )
    # k = 9, 10, 11 and 21, 22, 23
    assert [value for _, value in years.records] == [
        pytest.approx(4 * (30_000 + 3_000) / 2_000_000),
        pytest.approx(4 * (30_000 + 6_600) / 2_000_000),
    ]
    assert [quarters.records[3][1], quarters.records[7][1]] == [value for _, value in years.records]


def test_bases_stand_side_by_side_and_are_never_summed(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "nim", group_by="basis", where="branch = B02", start="2025-10", end="2025-12")
    assert table.records == [
        ("daily", pytest.approx(365 * 15_000 / (2_000_000 * 92))),
        ("fdic_qtr", pytest.approx(60_000 / 2_000_000)),
    ]
    with pytest.raises(BankError, match="nim can't be added up over basis"):
        _ask(snapshot, "nim", where="basis in (daily, fdic_qtr)", start="2025-10")


def test_a_quarterly_basis_is_asked_for_by_quarter(snapshot: Snapshot) -> None:
    with pytest.raises(BankError, match="known at quarter-ends"):
        _ask(snapshot, "roe", group_by="metric_time__month", where="basis = fdic_ytd")
    with pytest.raises(BankError, match="known at quarter-ends"):
        _ask(snapshot, "roe", where="basis = ubpr", start="2025-01", end="2025-11")


def test_a_difference_of_ratios_is_that_of_its_own_ratios(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot, "net_interest_spread", "yield_earning_assets", "cost_of_funds",
        group_by=["branch", "metric_time__quarter"],
    )  # fmt: skip
    assert len(table.records) == 22
    for *_, spread, earned, paid in table.records:
        assert spread == pytest.approx(earned - paid)


def test_growth_is_against_the_same_month_a_year_before(snapshot: Snapshot) -> None:
    # B01 has 1,230,000 in December 2025 and had 1,110,000; B03 is gone and has no row in the hand-made mart
    assert _one(snapshot, "deposit_growth_yoy", start="2025") == pytest.approx(
        120_000 / (1_110_000 + 500_000)
    )
    early = _ask(snapshot, "deposit_growth_yoy", group_by="metric_time__year")
    assert early.records[0][1] is None
    assert early.unavailable["deposit_growth_yoy"] == (
        "not available for 2024-01 to 2024-12: needs gl_balance.closing for 2023-12"
    )


def test_capital_is_known_where_it_is_reported(snapshot: Snapshot) -> None:
    # k = 23 in December 2025
    assert _one(snapshot, "cet1_ratio", start="2025-12") == pytest.approx(0.143)
    assert _one(snapshot, "tier1_leverage", start="2025") == pytest.approx(130_000 / 2_600_000)
    november = _ask(snapshot, "cet1_ratio", start="2025-11", end="2025-11")
    assert november.records == [(None,)]
    assert november.unavailable["cet1_ratio"] == (
        "not available: needs financial_fact.value[cet1_capital], financial_fact.value[risk_weighted_assets]"
    )
    months = _ask(snapshot, "cet1_ratio", group_by="metric_time__month", start="2025-10")
    assert months.records == [(date(2025, 12, 1), pytest.approx(0.143))]
    assert months.unavailable["cet1_ratio"].startswith("not available for 2025-10 to 2025-11: needs")
    assert _ask(snapshot, "lcr", start="2025").unavailable["lcr"] == (
        "not available: needs financial_fact.value[hqla], financial_fact.value[net_cash_outflows_30d]"
    )


def test_a_roll_rate_is_of_one_bucket(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot, "roll_rate", "cure_rate", "dpd_bucket_balance", group_by="dpd_bucket", start="2025-12"
    )
    assert table.records == [
        ("0", pytest.approx(0.05), 0.0, 9_000),
        ("1-29", pytest.approx(0.2), pytest.approx(0.2), 1_000),
        ("30-59", pytest.approx(0.1), 0.0, 300),
    ]
    assert _one(snapshot, "dpd_bucket_balance") == 10_300
    with pytest.raises(BankError, match="roll_rate can't be added up over dpd_bucket"):
        _ask(snapshot, "roll_rate", start="2025-12")
    first = _ask(snapshot, "roll_rate", where="dpd_bucket = 1-29", start="2024-01", end="2024-01")
    assert first.records == [(None,)]
    assert first.unavailable["roll_rate"].endswith(" for 2023-12")


def test_a_vintage_is_told_at_one_age(snapshot: Snapshot) -> None:
    rates = ("vintage_default_rate", "vintage_default_rate_count")
    with pytest.raises(BankError, match="vintage_default_rate can't be added up over months_on_book"):
        _ask(snapshot, rates[0], group_by="vintage")
    at_five = _ask(snapshot, *rates, group_by="vintage", where="months_on_book = 5")
    assert at_five.records == [("2024-Q1", pytest.approx(0.3), pytest.approx(1 / 3))]
    curve = _ask(snapshot, rates[0], group_by="months_on_book", where="vintage = 2024-Q1")
    assert curve.records == [(age, 0.0 if age < 5 else pytest.approx(0.3)) for age in range(22)]
    with pytest.raises(BankError, match="There is no months_on_book 22"):
        _ask(snapshot, rates[0], where=["vintage = 2024-Q1", "months_on_book = 22"])


def test_labels_that_begin_with_a_number_stand_by_it(snapshot: Snapshot) -> None:
    buckets = [("0", 3), ("30-59", 2), ("90-119", 4), ("120-179", 5), ("unknown", 1)]
    ask = {"group_by": "dpd_bucket", "start": "2025-12"}
    assert _ask(snapshot, "roll_forecast_loss", **ask).records == buckets
    downwards = _ask(snapshot, "roll_forecast_loss", order_by="-dpd_bucket", **ask).records
    assert downwards == [*buckets[3::-1], buckets[-1]]
    by_value = _ask(snapshot, "roll_forecast_loss", order_by="-roll_forecast_loss", **ask).records
    assert [value for _, value in by_value] == [5, 4, 3, 2, 1]


def test_a_sum_that_lacks_a_part_is_not_told(snapshot: Snapshot) -> None:
    """The allowance of a product without a schedule is not known, so neither is that of all products."""
    whole = _ask(snapshot, "acl_warm", start="2025-12")
    assert whole.records == [(None,)]
    assert whole.undefined["acl_warm"].startswith("not defined: a product with a balance has no schedule")
    by_product = _ask(snapshot, "acl_warm", group_by="product", start="2025-12")
    assert by_product.records == [("BIZ", None), ("MTG", 5)]
    assert by_product.undefined["acl_warm"].startswith("not defined in 1 of 2 rows: a product")


def test_what_a_model_has_not_made_is_not_available(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "ecl_ifrs9", "expected_loss", start="2025-12")
    assert table.records == [(None, None)]
    assert table.unavailable == {
        "ecl_ifrs9": "not available: needs models.loan_loss",
        "expected_loss": "not available: needs loan.pd_irb, loan.lgd_irb, loan.ead",
    }


# ---------------------------------------------------------------- year to date, twelve months


def test_year_to_date_runs_from_january(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot, "net_interest_income", group_by="metric_time__month", where="branch = B01", start="2025",
        over="ytd",
    )  # fmt: skip
    # k = 12, 13, …: 11,200, then 11,300 more, …
    assert [value for _, value in table.records[:3]] == [11_200, 22_500, 33_900]
    assert table.records[-1] == (date(2025, 12, 1), 141_000)


def test_twelve_months_need_twelve_months(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot, "net_interest_income", group_by=["metric_time__month", "branch"], where="branch = B02",
        over="ttm",
    )  # fmt: skip
    assert [value for *_, value in table.records] == [None] * 11 + [60_000] * 13
    assert table.unavailable["net_interest_income"] == (
        "not available for 2024-01 to 2024-11: needs gl_balance.closing for 2023-02 to 2023-12"
    )


def test_a_ratio_over_twelve_months_is_that_of_its_summed_parts(snapshot: Snapshot) -> None:
    over = _one(snapshot, "nim", start="2025-12", over="ttm")
    assert over == _one(snapshot, "nim", start="2025") is not None
    assert _one(snapshot, "cost_to_income", start="2025-06", end="2025-06", over="ytd") == _one(
        snapshot, "cost_to_income", start="2025-01", end="2025-06"
    )


def test_a_position_is_the_same_over_any_window(snapshot: Snapshot) -> None:
    assert _one(snapshot, "total_deposits", over="ttm") == 1_730_000
    months = _ask(snapshot, "total_deposits", group_by="metric_time__month", start="2025-11", over="ttm")
    assert months.records == [(date(2025, 11, 1), 1_720_000), (date(2025, 12, 1), 1_730_000)]


def test_a_daily_flow_runs_over_months_too(snapshot: Snapshot) -> None:
    # 2 branches × 2 channels × 100 a day
    assert _one(snapshot, "net_flow", start="2025-03", end="2025-03", over="ytd") == 400 * 90


@pytest.mark.parametrize(
    ("metric", "rest", "message"),
    [
        ("net_profit", {"over": "qtd"}, "A figure can't run over qtd."),
        ("txn_volume", {"over": "ytd", "group_by": "metric_time__day"}, "A day has no ytd."),
        ("txn_volume", {"over": "ytd", "end": "2025-12-30"}, "A figure over ytd can't be told"),
        ("roa", {"over": "ytd", "where": "basis = ubpr"}, "roa can't run over ytd on a ubpr basis."),
        ("peer_ratio_p25", {"over": "ytd", "where": "peer_metric = roa"}, "It is no sum"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(
    snapshot: Snapshot, metric: str, rest: dict[str, str], message: str
) -> None:
    with pytest.raises(BankError) as caught:
        _ask(snapshot, metric, **rest)
    assert message in str(caught.value)


# ---------------------------------------------------------------- stocks


@pytest.mark.parametrize("grain", ["quarter", "year"])
def test_a_stock_over_a_period_is_that_of_its_last_month(snapshot: Snapshot, grain: str) -> None:
    table = _ask(snapshot, "total_deposits", group_by=f"metric_time__{grain}", where="branch = B01")
    assert table.records[-1][1] == 1_000_000 + 10_000 * 23
    assert table.records[0][1] == 1_000_000 + 10_000 * {"quarter": 2, "year": 11}[grain]


def test_a_stock_without_time_is_that_of_the_last_month(snapshot: Snapshot) -> None:
    assert _one(snapshot, "total_deposits") == 1_230_000 + 500_000


def test_a_slice_that_ended_shows_no_earlier_position(snapshot: Snapshot) -> None:
    assert _one(snapshot, "total_deposits", where="branch = B03", start="2025") is None
    years = _ask(snapshot, "total_deposits", group_by="metric_time__year", where="branch = B03").records
    assert [(day.year, value) for day, value in years] == [(2024, 500_000)]
    assert _one(snapshot, "loan_balance", where=["branch = B01", "segment = sme"], start="2025") is None


def test_flows_and_stocks_of_a_slice_that_ended_stand_side_by_side(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "net_interest_income", "total_deposits", group_by="branch", start="2025")
    assert table.records == [
        ("B01", 141_000, 1_230_000),
        ("B02", 60_000, 500_000),
        ("B03", 30_000, None),
    ]


def test_a_month_shows_its_own_position(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot, "total_deposits", group_by="metric_time__month", where="branch = B01", start="2025-11"
    )
    assert table.records == [(date(2025, 11, 1), 1_220_000), (date(2025, 12, 1), 1_230_000)]


# ---------------------------------------------------------------- time


def test_a_period_counts_only_as_far_as_asked(snapshot: Snapshot) -> None:
    # February and March of B02, though both lie in the first quarter and the year
    for grain in ("quarter", "year"):
        table = _ask(
            snapshot,
            "net_interest_income",
            "total_deposits",
            group_by=f"metric_time__{grain}",
            where="branch = B02",
            start="2025-02",
            end="2025-03",
        )
        assert table.records == [(date(2025, 1, 1), 10_000, 500_000)]


def test_weeks_are_cut_at_the_period(snapshot: Snapshot) -> None:
    # 2025-12-31 is a Wednesday; 40 transactions a day
    table = _ask(snapshot, "txn_volume", group_by="metric_time__week", start="2025-12-27")
    assert table.records == [(date(2025, 12, 22), 80), (date(2025, 12, 29), 120)]


def test_the_answer_says_which_period_it_is_about(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "txn_volume", start="2020", end="2030")
    assert (table.request.start, table.request.end) == (date(2024, 1, 1), date(2025, 12, 31))


def test_a_period_outside_the_data_is_refused(snapshot: Snapshot) -> None:
    with pytest.raises(BankError, match="The published data reach from 2024-01-01 to 2025-12-31"):
        _ask(snapshot, "nim", start="2026")


def test_a_bank_of_another_century(published: Path) -> None:
    build = published / "2026-01-01-a"
    with duckdb.connect(str(build / "bank.duckdb")) as connection:
        connection.execute("UPDATE marts.kpi_finance_month SET month = month - INTERVAL 32 YEAR")
    info = json.loads((build / "build.json").read_text())
    (build / "build.json").write_text(json.dumps(info | {"first_month": "1992-01", "last_month": "1993-12"}))
    months = {"gl_balance.closing": [f"1993-{month:02d}" for month in range(1, 13)]}
    (build / "availability.json").write_text(json.dumps(months))
    opened = current(published)
    assert opened is not None
    with opened:
        table = _ask(
            opened, "net_interest_income", "total_deposits", group_by="metric_time__year", start="1993"
        )
    assert table.records == [(date(1993, 1, 1), 231_000, 1_730_000)]


def test_a_metric_known_by_month_is_not_told_by_the_day(snapshot: Snapshot) -> None:
    with pytest.raises(BankError, match=r"nim can't be told for 2025-12-10 .* whole months"):
        _ask(snapshot, "nim", start="2025-12-10")


def test_forecasts_reach_past_the_data_and_the_newest_counts(snapshot: Snapshot) -> None:
    series = {"group_by": "metric_time__day", "where": "series = deposit_balance"}
    table = _ask(snapshot, "forecast_value", start="2025-12", **series)
    assert table.records[0] == (date(2026, 1, 1), 2000.0)
    assert len(table.records) == 90
    # only the older forecast speaks of December
    assert _ask(snapshot, "forecast_value", start="2025-12", end="2025-12", **series).records[0][1] == 2001.0


def test_margins_and_treasury_are_net_interest_income(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot,
        "ftp_margin", "treasury_result", "ftp_funding_gap", "treasury_interest", "ftp_rate_variance",
        "branch_contribution", "customer_profit", "unallocated_profit",
        start="2025-12",
    )  # fmt: skip
    # 900 − 100; −300 + 100 + 10 + 5; of it −200, 10 and 5; 800 + 20 − 300 − 50 booked and −50 + 50 allocated
    assert table.records == [(800, -185, -200, 10, 5, 470, 470, -185)]
    by_customer = _ask(snapshot, "customer_profit", group_by="customer", start="2025-12")
    assert by_customer.records == [("C1", 235), ("C2", 235)]


def test_a_branch_is_of_its_region_of_the_time(snapshot: Snapshot) -> None:
    """B02 came from the coast to the south in February 2024: 5,000 a month each."""
    months = {"group_by": ("metric_time__month", "branch__region"), "start": "2024-01", "end": "2024-02"}
    assert _ask(snapshot, "net_interest_income", **months).records == [
        (date(2024, 1, 1), "coast", 5_000),
        (date(2024, 1, 1), "north", 10_000),
        (date(2024, 1, 1), "south", 5_000),
        (date(2024, 2, 1), "north", 10_100),
        (date(2024, 2, 1), "south", 10_000),
    ]
    both = _ask(
        snapshot, "net_interest_income", where="branch__region = coast", start="2024-01", end="2024-02"
    )
    assert both.records == [(5_000,)]


def test_the_trial_balance_is_told_by_unit_and_currency(snapshot: Snapshot) -> None:
    names = ("ledger_opening", "ledger_debit", "ledger_credit", "ledger_closing")
    ask = {"group_by": "ledger_code", "start": "2025-11", "end": "2025-12"}
    whole = _ask(snapshot, *names, where=["currency = EUR", "branch__level_1 = B00"], **ask)
    assert whole.records == [("1000", 4400, 400, 0, 4800), ("2000", -4400, 0, 400, -4800)]
    unit = _ask(snapshot, *names, where=["currency = USD", "branch__level_2 = B01"], **ask)
    assert unit.records == [("1000", 220, 20, 0, 240), ("2000", -220, 0, 20, -240)]
    with pytest.raises(BankError, match="can't be added up over currency"):
        _ask(snapshot, *names, **ask)


def test_the_change_of_net_interest_income_is_against_one_quarter_at_a_time(snapshot: Snapshot) -> None:
    ask = {"group_by": "nii_effect", "start": "2025-10"}
    effects = [("mix", 1), ("rate", 3), ("volume", 6)]
    assert _ask(snapshot, "nii_rate_volume_variance", **ask).records == effects
    last_year = _ask(snapshot, "nii_rate_volume_variance", where="variance_against = last_year", **ask)
    assert last_year.records == effects
    early = _ask(snapshot, "nii_rate_volume_variance", start="2024-01", end="2024-03")
    assert "needs gl_balance.closing" in early.unavailable["nii_rate_volume_variance"]


def test_peers_are_fractions_like_our_own(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot,
        "peer_ratio_p25",
        "peer_ratio_median",
        "peer_ratio_p75",
        "peer_banks",
        where="peer_metric = nim",
        start="2025-10",
    )
    assert table.records == [tuple(map(pytest.approx, (0.032, 0.033, 0.034, 5)))]


# ---------------------------------------------------------------- availability


def test_a_metric_without_inputs_says_what_it_needs(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "loan_allowance", "loan_balance", start="2025")
    assert table.records == [(None, 1_300_000)]
    assert table.unavailable == {"loan_allowance": "not available: needs loan.provision_amount"}


def test_only_metrics_without_inputs_give_no_rows(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "loan_allowance", group_by="metric_time__month")
    assert table.records == []
    assert list(table.frame.columns) == ["metric_time__month", "loan_allowance"]


def test_months_without_inputs_are_left_out_and_named(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot, "fraud_value", "txn_volume", group_by="metric_time__month", start="2024-06", end="2024-07"
    )
    assert table.records == [(date(2024, 6, 1), None, 1200), (date(2024, 7, 1), 2400, 1240)]
    assert table.unavailable == {"fraud_value": "not available for 2024-06: needs fraud_case.transaction_id"}


def test_a_sum_over_months_without_inputs_is_no_number(snapshot: Snapshot) -> None:
    table = _ask(snapshot, "fraud_value", start="2024-05", end="2024-12")
    assert table.records == [(None,)]
    assert table.unavailable["fraud_value"] == (
        "not available: needs fraud_case.transaction_id for 2024-05 to 2024-06"
    )


# ---------------------------------------------------------------- names, filters, order


@pytest.mark.parametrize(
    ("metrics", "rest", "message"),
    [
        (("nmi",), {}, "There is no metric nmi. Nearest: nim."),
        (
            ("nim",),
            {"group_by": "brnch"},
            "There is no dimension brnch. Nearest: branch, branch__region, branch__level_3.",
        ),
        (("nim",), {"group_by": "segment"}, "nim can't be grouped by segment. It has metric_time__month"),
        (("nim",), {"where": "product = CUR"}, "nim can't be filtered by product."),
        (("nim",), {"group_by": "metric_time__day"}, "nim can't be grouped by metric_time__day."),
        (("nim",), {"group_by": "metric_time__mnth"}, "Nearest: metric_time__month"),
        (("forecast_value",), {}, "forecast_value can't be added up over series."),
        (("peer_ratio_p25",), {"where": "peer_metric in (nim, roa)"}, "can't be added up over peer_metric"),
    ],
)
def test_what_does_not_fit_is_named_with_what_does(
    snapshot: Snapshot, metrics: tuple[str, ...], rest: dict[str, str], message: str
) -> None:
    with pytest.raises(BankError) as caught:
        _ask(snapshot, *metrics, **rest)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("branch = B01", {"B01"}),
        ("branch != B01", {"B02"}),
        ("branch in (B01, 'B02')", {"B01", "B02"}),
        ("branch not in (B02)", {"B01"}),
        ("branch__region = south", {"B02"}),
        ("branch >= B02", {"B02"}),
    ],
)
def test_filters(snapshot: Snapshot, where: str, expected: set[str]) -> None:
    table = _ask(snapshot, "customers", group_by="branch", where=where)
    assert set(table.column("branch")) == expected


@pytest.mark.parametrize("value", ["' OR 1=1 --", "{{ 1/0 }}", "a\n--b", "B01'; DROP TABLE x"])
def test_a_filter_value_is_only_ever_a_value(snapshot: Snapshot, value: str) -> None:
    request = MetricRequest.of(("customers",), ("branch",), (Filter("branch", (value,)),))
    with pytest.raises(BankError, match="There is no branch"):
        query(snapshot, request)
    assert value not in compiled(snapshot, request)


def test_order_and_limit(snapshot: Snapshot) -> None:
    table = _ask(
        snapshot,
        "total_deposits",
        group_by="branch",
        order_by="-total_deposits",
        start="2025-01",
        end="2025-01",
    )
    assert table.column("branch") == ["B01", "B02", "B03"]
    assert table.column("total_deposits") == [1_120_000, 500_000, 500_000]
    first = _ask(snapshot, "customers", group_by=["segment", "branch"], order_by="-segment", limit=1)
    assert first.records == [("sme", "B01", 100)]


def test_an_undefined_ratio_stands_last_in_any_order(snapshot: Snapshot) -> None:
    where = "product = BIZ"
    for order in ("npl_ratio", "-npl_ratio"):
        table = _ask(
            snapshot,
            "npl_ratio",
            "net_charge_offs",
            group_by="branch",
            where=where,
            order_by=order,
            start="2025-11",
        )
        assert table.column("npl_ratio") == [0.0, None]


def test_the_same_question_is_compiled_once(snapshot: Snapshot) -> None:
    request = MetricRequest.of(("customers",), ("branch",), (Filter("branch", ("B01",)),))
    other = MetricRequest.of(("customers",), ("branch",), (Filter("branch", ("B02",)),))
    assert compiled(snapshot, request) == compiled(snapshot, other)
    assert compiled(snapshot, other) == compiled(snapshot, other.between(date(2025, 1, 1), date(2025, 3, 31)))


def test_threads_share_a_snapshot(snapshot: Snapshot) -> None:
    requests = [
        MetricRequest.of(("nim", "customers"), ("branch",), start=f"2025-{month:02d}")
        for month in range(1, 13)
    ]
    alone = [query(snapshot, request).records for request in requests]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda request: query(snapshot, request).records, requests * 2))
    assert together == alone * 2
