"""The registry, and the definitions in the dbt project that it is read from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import yaml

from dashboards.metrics import Metric, registry
from dashboards.metrics.registry import Registry, read_registry
from dashboards.snapshot import Snapshot
from data.ingest.views import MODEL_TABLES
from runtime.errors import BankError
from runtime.settings import PROJECT_ROOT

FIRST_SET = (
    *("net_profit", "net_interest_income", "roa", "roe", "nim", "cost_to_income", "efficiency_ratio_fdic"),
    *("total_deposits", "gross_loans", "equity_to_assets", "loan_to_deposit", "cost_of_risk"),
    *("allowance_to_loans", "par30", "noncurrent_ratio", "npl_ratio", "pd_30_89_ratio", "nco_rate"),
    *("customers", "customers_active", "customers_new", "attrition_rate"),
    *("txn_volume", "txn_value", "digital_share", "decline_rate", "net_flow"),
    *("fraud_rate_bps", "fraud_rate_count_bps", "fraud_loss_net", "monitoring_coverage"),
    *(
        "value_detection_rate",
        "recall_cards",
        "alert_precision",
        "false_positive_ratio",
        "card_precision_at_k",
    ),
    *("alerts_per_day", "loss_prevented_net", "time_to_detect", "time_to_disposition", "chargeback_ratio"),
)


@pytest.fixture(scope="module")
def known(semantic_manifest: str) -> Registry:
    return read_registry(semantic_manifest)


def test_the_first_set_is_there(known: Registry) -> None:
    assert [name for name in FIRST_SET if name not in known] == []


def test_a_metric_knows_itself(known: Registry) -> None:
    nim = known["nim"]
    assert (nim.label, nim.unit, nim.better) == ("Net interest margin", "%", "up")
    assert (nim.within, nim.owner, nim.domain) == ({"basis": "daily"}, "controlling", "finance")
    assert nim.authority.startswith("FDIC NIMY")
    assert nim.requires == ("gl_balance.closing",)
    assert (nim.kind, nim.grain, nim.marts) == ("flow", "month", ("kpi_finance_basis_month",))
    assert nim.dimensions == (
        "branch",
        "branch__branch_name",
        "branch__parent_branch_id",
        "branch__region",
        "branch__level_1",
        "branch__level_2",
        "branch__level_3",
        "basis",
    )
    assert nim.formula == "net_interest_income_annual / earning_assets_average"
    assert known["total_deposits"].kind == "stock"
    assert known["txn_volume"].time_grains[:2] == ("metric_time__day", "metric_time__week")


def test_a_metric_of_two_marts_has_what_both_share(known: Registry) -> None:
    both = known["allowance_to_noncurrent"]
    assert both.marts == ("kpi_finance_month", "kpi_credit_month")
    assert both.dimensions == known["total_assets"].dimensions
    assert both.requires[:1] == ("gl_balance.closing",)
    assert "loan.days_past_due | loan_cash_flow.payment_date" in both.requires


def test_lists_leave_out_the_parts(known: Registry) -> None:
    assert "net_profit_annual" in known
    assert "net_profit_annual" not in [metric.id for metric in known]


def test_an_unknown_metric_names_the_nearest(known: Registry) -> None:
    with pytest.raises(BankError, match="Nearest: net_profit"):
        known["net_profits"]


def _every(known: Registry) -> Iterator[Metric]:
    yield from known.every


def test_every_metric_is_complete(known: Registry) -> None:
    for metric in known:
        assert metric.description.endswith("."), metric.id
        assert metric.label and metric.label != metric.id, metric.id
        assert metric.unit in ("ccy", "%", "pp", "bps", "n", "ratio", "days", "hours"), metric.id
        assert metric.owner, metric.id
        assert metric.better in ("up", "down", "ctx"), metric.id
        assert metric.domain in ("finance", "credit", "customers", "transactions", "fraud", "control"), (
            metric.id
        )
        for requirement in metric.requires:
            assert re.fullmatch(r"{0}( \| {0})*".format(r"[a-z_]+\.[a-z_]+(\[\w+\])?"), requirement), (
                metric.id
            )


def test_every_ratio_has_parts_that_are_not_ratios(known: Registry) -> None:
    """The request layer divides sums; a ratio of ratios would be divided wrongly."""
    for metric in _every(known):
        if metric.denominator is not None and metric.numerator is not None:
            assert known[metric.numerator].denominator is None
            assert known[metric.denominator].denominator is None


def test_the_parts_of_a_ratio_are_plain(semantic_manifest: str) -> None:
    """The request layer asks for them by name, so a filter or an offset on them would be lost."""
    for metric in json.loads(semantic_manifest)["metrics"]:
        assert metric["type"] in ("simple", "ratio", "derived"), metric["name"]
        for part in ("numerator", "denominator"):
            one = metric["type_params"].get(part) or {}
            assert not one.get("filter") and not one.get("offset_window"), metric["name"]
        assert not metric.get("filter"), metric["name"]


def test_what_annualises_or_averages_has_a_basis(known: Registry) -> None:
    """And nothing else has one: a position needs none."""
    for metric in known:
        parts = f"{metric.numerator} {metric.denominator}"
        on_basis = "_basis_month" in str(metric.marts)
        assert (metric.within == {"basis": "daily"}) == on_basis, metric.id
        assert ("_annual" in parts and "_average" in parts) <= on_basis, metric.id


def _expressions(semantic_manifest: str) -> Iterator[tuple[str, str]]:
    for model in json.loads(semantic_manifest)["semantic_models"]:
        table = model["node_relation"]["alias"]
        for kind in ("measures", "entities", "dimensions"):
            for one in model[kind] or ():
                yield table, one.get("expr") or one["name"]


def test_every_expression_runs_on_the_marts_columns(semantic_manifest: str, snapshot: Snapshot) -> None:
    with snapshot.cursor() as cursor:
        for table, expression in _expressions(semantic_manifest):
            try:
                cursor.execute(f"SELECT {expression} FROM {table} LIMIT 0")
            except duckdb.Error as error:
                pytest.fail(f"{expression} of {table}: {error}")


def _contracts() -> dict[str, list[dict[str, Any]]]:
    """Marts' columns as their dbt contracts state them."""
    files = (PROJECT_ROOT / "dbt_project" / "models" / "marts").rglob("*.yml")
    models = [model for file in files for model in yaml.safe_load(file.read_text()).get("models", ())]
    return {model["name"]: model["columns"] for model in models}


def test_the_hand_made_bank_has_columns_of_the_marts(snapshot: Snapshot) -> None:
    """Otherwise these tests would prove something about tables that nobody builds."""
    contracts = _contracts()
    with snapshot.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
            "WHERE database_name = 'bank' GROUP BY table_name"
        )
        tables = dict(cursor.fetchall())
    for table, columns in tables.items():
        assert set(columns) <= {column["name"] for column in contracts[table]}, table


def test_required_columns_are_columns_of_the_contract(known: Registry) -> None:
    contracts = PROJECT_ROOT / "data" / "contracts"
    for metric in _every(known):
        for column in (one for needed in metric.requires for one in needed.split(" | ")):
            table, _, name = column.partition("[")[0].partition(".")
            if table == "models":
                assert name in MODEL_TABLES, f"{metric.id} requires {column}"
                continue
            text = (contracts / f"{table}.odcs.yaml").read_text()
            assert re.search(rf"name: {name}\b", text), f"{metric.id} requires {column}"


def test_the_registry_is_read_once(snapshot: Snapshot) -> None:
    assert registry(snapshot) is registry(snapshot)
