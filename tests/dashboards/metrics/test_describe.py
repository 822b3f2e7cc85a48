"""What is told of a metric, and of all of them."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboards.metrics import catalogue, describe, metrics_page, registry
from dashboards.metrics.describe import checks_on_marts
from dashboards.snapshot import Snapshot


def test_a_metric_describes_itself(snapshot: Snapshot) -> None:
    text = describe(snapshot, "par30")
    assert text.startswith("Portfolio at risk over 30 days (par30)\n")
    for fact in ("CGAP/SEEP 2003", "par30_balance / loan_balance", "loan.balance", "segment", "credit_risk"):
        assert fact in text
    assert "state      available" in text
    assert "known      to 2025-12-31, built 2026-01-01T06:00:00+00:00" in text
    assert "FROM part_0" in text


def test_a_metric_says_what_bounds_it_and_what_it_lacks(snapshot: Snapshot) -> None:
    text = describe(snapshot, "cet1_ratio")
    assert "amber 7.00\N{NO-BREAK SPACE}%, red 4.50\N{NO-BREAK SPACE}% (CRR Art. 92" in text
    assert "state      not available: needs financial_fact.value[hqla]" in describe(snapshot, "lcr")
    assert "one peer_metric, one peer_basis, fdic_ytd unless said" in describe(snapshot, "peer_ratio_median")


def test_how_old_the_data_are_is_told_by_the_reader_s_clock(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["dashboards.metrics.describe"]
    monkeypatch.setattr(module, "now", lambda: datetime(2026, 1, 10, 3, tzinfo=UTC))
    assert "10 days since the newest business date, 2025-12-31" in describe(snapshot, "data_freshness")


def test_every_metric_can_be_described(snapshot: Snapshot) -> None:
    """With the SQL that it compiles to."""
    for metric in registry(snapshot):
        assert "SELECT" in describe(snapshot, metric.id), metric.id
    states = {name: state for name, *_, state in catalogue(snapshot)}
    assert states["nim"] == "available"
    assert states["loan_allowance"] == "not available: needs loan.provision_amount"


def test_the_checks_on_a_metric_are_those_of_its_marts(snapshot: Snapshot) -> None:
    def test_of(name: str, mart: str) -> dict[str, object]:
        return {"resource_type": "test", "name": name, "depends_on": {"nodes": [f"model.bank.{mart}"]}}

    manifest = {
        "nodes": {"a": test_of("grain", "kpi_credit_month"), "b": test_of("other", "kpi_fraud_month")},
        "unit_tests": {"c": {"name": "boundaries", "model": "kpi_credit_month"}},
    }
    assert checks_on_marts(manifest, registry(snapshot)["par30"].marts) == ["boundaries", "grain"]


def test_one_page_lists_every_metric_and_loads_nothing(snapshot: Snapshot) -> None:
    page = metrics_page(snapshot)
    for metric in registry(snapshot):
        assert page.count(f'<details id="{metric.id}">') == 1
    for told in (
        "Portfolio at risk over 30 days",
        "not available: needs loan.provision_amount",
        "CGAP/SEEP 2003",
    ):
        assert told in page
    assert "Shape &amp; size" in metrics_page(_named(snapshot, "Shape & size"))
    assert not re.search(r"(src|href|url|@import|https?:)", page.split("<body>")[0])
    assert not re.search(r"<(link|img|iframe|script src)", page)


def _named(snapshot: Snapshot, bank: str) -> Snapshot:
    return replace(snapshot, info={**snapshot.info, "bank": bank})
