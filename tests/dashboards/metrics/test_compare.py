"""Comparisons: the right other period, fair ones only, and the right verdict."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dashboards.metrics import MetricRequest, change, compare, registry, rest, steps, together
from dashboards.snapshot import Snapshot
from runtime.errors import BankError


def _row(snapshot: Snapshot, against: str, *metrics: str, **rest: Any) -> dict[str, object]:
    table = compare(snapshot, MetricRequest.of(metrics, **rest), (against,))
    return dict(zip(table.columns, table.records[-1], strict=True))


def test_a_month_against_last_year_and_the_month_before(snapshot: Snapshot) -> None:
    # interest income of B01 grows by 100 a month; in December 2025 it is 12,300
    rest = {"where": "branch = B01", "start": "2025-12"}
    row = _row(snapshot, "last_year", "net_interest_income", **rest)
    assert row == {
        "net_interest_income": 12_300,
        "net_interest_income__last_year": 11_100,
        "net_interest_income__last_year__change": 1_200,
        "net_interest_income__last_year__relative": pytest.approx(1_200 / 11_100),
        "net_interest_income__last_year__better": True,
    }
    assert (
        _row(snapshot, "previous", "net_interest_income", **rest)["net_interest_income__previous"] == 12_200
    )


def test_a_quarter_goes_back_a_quarter(snapshot: Snapshot) -> None:
    row = _row(
        snapshot, "previous", "net_interest_income", where="branch = B01", start="2025-10", end="2025-12"
    )
    assert row["net_interest_income"] == 12_100 + 12_200 + 12_300
    assert row["net_interest_income__previous"] == 11_800 + 11_900 + 12_000


def test_days_go_back_as_many_days(snapshot: Snapshot) -> None:
    row = _row(snapshot, "previous", "txn_volume", start="2025-12-22", end="2025-12-28")
    assert (row["txn_volume"], row["txn_volume__previous"]) == (280, 280)


def test_every_row_has_its_own_period_before(snapshot: Snapshot) -> None:
    request = MetricRequest.of(
        ("net_interest_income", "total_deposits"),
        ("metric_time__quarter",),
        ("branch = B01",),
        start=date(2025, 1, 1),
    )
    table = compare(snapshot, request, ("previous", "last_year"))
    frame = table.frame
    assert list(frame["net_interest_income__previous"]) == [33_000 + 900 * step for step in range(4)]
    assert list(frame["net_interest_income__last_year"]) == [30_300 + 900 * step for step in range(4)]
    assert list(frame["total_deposits__last_year__change"]) == [120_000] * 4


def test_groups_are_compared_with_themselves(snapshot: Snapshot) -> None:
    table = compare(
        snapshot, MetricRequest.of(("total_deposits",), ("branch",), start=date(2025, 12, 1)), ("last_year",)
    )
    assert [record[:3] for record in table.records] == [
        ("B01", 1_230_000, 1_110_000),
        ("B02", 500_000, 500_000),
    ]


def test_a_limited_table_is_compared_with_all_of_the_other_period(snapshot: Snapshot) -> None:
    request = MetricRequest.of(
        ("total_deposits",), ("branch",), start=date(2025, 12, 1), order_by=("total_deposits",), limit=1
    )
    assert compare(snapshot, request, ("last_year",)).records == [("B02", 500_000, 500_000, 0, 0, None)]


def test_a_flow_is_not_held_against_a_period_partly_outside_the_data(snapshot: Snapshot) -> None:
    row = _row(snapshot, "previous", "net_profit", "total_deposits", start="2024-02", end="2025-12")
    assert row["net_profit__previous"] is None
    assert row["total_deposits__previous"] == 2_000_000


def test_nothing_lies_before_the_data(snapshot: Snapshot) -> None:
    row = _row(snapshot, "last_year", "net_profit", start="2024-01", end="2024-12")
    assert row["net_profit__last_year"] is None
    assert row["net_profit__last_year__change"] is None


def test_an_unavailable_reference_is_no_reference(snapshot: Snapshot) -> None:
    row = _row(snapshot, "last_year", "fraud_rate_bps", start="2025-05", end="2025-05")
    assert (row["fraud_rate_bps"], row["fraud_rate_bps__last_year"]) == (6.0, None)


def test_a_part_is_held_against_its_own_target(snapshot: Snapshot) -> None:
    request = MetricRequest.of(
        ("net_interest_income",), ("metric_time__month", "branch"), start="2025-10", end="2025-12"
    )
    rows = {record[:2]: record[3:] for record in compare(snapshot, request, ("target",)).records}
    assert rows[date(2025, 11, 1), "B02"] == (4_000, 1_000, pytest.approx(1.25), "green")
    # 5,000 is below the amber boundary of 5,500 and above the red one of 4,000
    assert rows[date(2025, 12, 1), "B02"] == (6_000, -1_000, pytest.approx(5 / 6), "amber")
    assert rows[date(2025, 10, 1), "B02"] == rows[date(2025, 12, 1), "B01"] == (None,) * 4


def test_monthly_targets_of_a_flow_add_up(snapshot: Snapshot) -> None:
    row = _row(
        snapshot, "target", "net_interest_income", start="2025-11", end="2025-12", where="branch = B02"
    )
    assert row["net_interest_income__target"] == 10_000
    assert row["net_interest_income__target__attainment"] == 1.0
    # October has none, so the quarter has none
    quarter = _row(
        snapshot, "target", "net_interest_income", start="2025-10", end="2025-12", where="branch = B02"
    )
    assert quarter["net_interest_income__target"] is None


def test_a_year_s_target_is_for_the_whole_year_of_a_flow_and_any_part_of_a_ratio(snapshot: Snapshot) -> None:
    year = _row(snapshot, "target", "net_profit", "cost_to_income", start="2025", end="2025")
    assert year["net_profit__target"] == 90_000
    assert year["cost_to_income__target"] == 0.55
    part = _row(snapshot, "target", "net_profit", "cost_to_income", start="2025-01", end="2025-11")
    assert part["net_profit__target"] is None
    assert part["cost_to_income__target"] == 0.55
    over = _row(snapshot, "target", "net_profit", start="2025-12", end="2025-12", over="ytd")
    assert over["net_profit__target"] == 90_000


def test_what_has_no_boundary_has_no_light(snapshot: Snapshot) -> None:
    row = _row(snapshot, "target", "total_deposits", start="2025-12", where="branch = B01")
    assert row["total_deposits__target__attainment"] == pytest.approx(1.23)
    assert row["total_deposits__target__light"] is None
    several = _row(snapshot, "target", "total_deposits", start="2025-12", where="branch in (B01, B02)")
    assert several["total_deposits__target"] is None


@pytest.mark.parametrize(
    ("metric", "value", "reference", "absolute", "relative", "better"),
    [
        ("net_profit", 110.0, 100.0, 10.0, 0.1, True),
        ("net_profit", 5.0, -10.0, 15.0, None, True),
        ("provision_expense", 110.0, 100.0, 10.0, 0.1, False),
        ("cost_to_income", 0.548, 0.567, -0.019, None, True),
        ("fraud_rate_bps", 6.3, 7.7, -1.4, None, True),
        ("loan_to_deposit", 0.9, 0.8, 0.1, None, None),
        ("net_profit", 100.0, 100.0, 0.0, 0.0, None),
        ("net_profit", None, 100.0, None, None, None),
        ("net_profit", 100.0, float("nan"), None, None, None),
    ],
)
def test_a_change_and_its_verdict(
    snapshot: Snapshot,
    metric: str,
    value: float | None,
    reference: float | None,
    absolute: float | None,
    relative: float | None,
    better: bool | None,
) -> None:
    found = change(registry(snapshot)[metric], value, reference)
    assert found.absolute == pytest.approx(absolute)
    assert found.relative == pytest.approx(relative)
    assert found.better is better


def test_peers_stand_beside_at_the_same_quarter_end(snapshot: Snapshot) -> None:
    """Peers hold 8.1 to 8.5 % of equity, the bank 10 %."""
    rest = {"group_by": ("metric_time__month",), "start": date(2025, 11, 1)}
    table = compare(snapshot, MetricRequest.of(("equity_to_assets",), **rest), ("peers",))
    november, december = (dict(zip(table.columns, record, strict=True)) for record in table.records)
    assert {november[name] for name in table.columns if "peers" in name} == {None}
    assert {name.removeprefix("equity_to_assets__"): value for name, value in december.items()} == {
        "metric_time__month": date(2025, 12, 1),
        "equity_to_assets": pytest.approx(0.1),
        "peers": pytest.approx(0.083),
        "peers__change": pytest.approx(0.017),
        "peers__better": True,
        "peers__p25": pytest.approx(0.082),
        "peers__p75": pytest.approx(0.084),
        "peers__percentile": 1.0,
        "peers__banks": 5,
    }


def test_peers_are_chosen_by_size_and_compared_on_their_basis(snapshot: Snapshot) -> None:
    where = ["basis = fdic_qtr", "peer_size = '1 bn - 10 bn'"]
    row = _row(snapshot, "peers", "roa", "equity_to_assets", where=where, start="2025-10")
    assert (row["roa__peers"], row["roa__peers__banks"]) == (pytest.approx(0.0125), 4)
    # four times a quarter's profit over its assets: more than any of them earns
    assert row["roa__peers__percentile"] == 1
    assert row["equity_to_assets__peers"] == pytest.approx(0.0825)


@pytest.mark.parametrize(
    ("metric", "rest", "why"),
    [
        ("roa", {}, "peers have no daily; filter to basis = fdic_ytd or basis = fdic_qtr"),
        ("equity_to_assets", {"where": "branch = B01"}, "peers are whole banks"),
        ("equity_to_assets", {"group_by": ("branch",)}, "peers are whole banks"),
        ("loan_balance", {}, "no peer reports it"),
        ("equity_to_assets", {"end": "2025-11"}, "no peer reports it at a quarter-end"),
    ],
)
def test_where_there_are_no_peers_it_is_said(
    snapshot: Snapshot, metric: str, rest: dict[str, Any], why: str
) -> None:
    table = compare(snapshot, MetricRequest.of((metric,), **{"start": "2025-10", **rest}), ("peers",))
    assert why in table.unavailable[f"{metric}__peers"]
    assert {record[table.columns.index(f"{metric}__peers")] for record in table.records} == {None}


def test_an_unknown_comparison_is_refused(snapshot: Snapshot) -> None:
    with pytest.raises(BankError, match="There is no comparison plan"):
        compare(snapshot, MetricRequest.of(("nim",)), ("plan",))


def test_a_rest_is_what_the_parts_leave_to_the_cent() -> None:
    total = Decimal("100.10")
    assert rest(total, [Decimal("60.05"), None, Decimal("-0.05")]) == Decimal("40.10")
    assert rest(None, [total]) is None


def test_steps_lead_from_one_total_to_the_other() -> None:
    assert steps(100.0, [20.0, -50.0, 5.0]) == [(100, 120), (120, 70), (70, 75)]
    assert together([20.0, -50.0, 5.0]) == -25
    assert steps(100.0, []) == []
