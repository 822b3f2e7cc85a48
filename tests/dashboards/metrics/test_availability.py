"""What a month without data means depends on the table."""

from __future__ import annotations

import pytest

from dashboards.metrics.availability import lacking

HELD = {
    "gl_balance.closing": frozenset({"2024-01", "2024-03"}),
    "fraud_case.reported_at": frozenset({"2024-02"}),
    "loan.balance": frozenset({"2024-03"}),
}
MONTHS = ["2024-01", "2024-02", "2024-03"]


@pytest.mark.parametrize(
    ("requirement", "missing"),
    [
        ("gl_balance.closing", {"2024-02"}),
        ("fraud_case.reported_at", {"2024-01"}),
        ("loan.balance", set()),
        ("loan.days_past_due", set(MONTHS)),
        ("loan.days_past_due | loan.balance", set()),
        ("gl_balance.closing | fraud_case.reported_at", set()),
    ],
)
def test_months_that_lack_a_requirement(requirement: str, missing: set[str]) -> None:
    assert lacking(HELD, [requirement], MONTHS).get(requirement, set()) == missing


def test_nothing_required_lacks_nothing() -> None:
    assert lacking({}, [], MONTHS) == {}
