"""What stands behind a number: the real project's models, and deliveries and checks written here by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.metrics import lineage
from dashboards.snapshot import Snapshot, current
from runtime.errors import BankError
from runtime.files import write_json_atomic
from runtime.settings import PROJECT_ROOT


def delivery(table: str, business_date: str, months: list[str], state: str = "live") -> dict[str, object]:
    return {
        "version_id": f"{table}-{business_date}",
        "source": "demo",
        "table_name": table,
        "business_date": business_date,
        "part": "",
        "received_at": f"{business_date}T20:00:00Z",
        "file_name": f"{table}_{business_date.replace('-', '')}.csv",
        "sha256": "ab" * 32,
        "rows_delivered": 10,
        "rows_loaded": 9,
        "rows_quarantined": 1,
        "state": state,
        "months": months,
    }


DELIVERIES = [
    delivery("gl_account", "2024-01-31", ["2024-01"]),
    delivery("gl_account", "2025-10-31", ["2025-10"]),
    delivery("gl_balance", "2025-11-30", ["2025-11"]),
    delivery("gl_balance", "2025-12-30", ["2025-12"], "superseded"),
    delivery("gl_balance", "2025-12-31", ["2025-12"]),
    # one file may speak of several months
    delivery("transaction", "2025-12-31", ["2025-10", "2025-11", "2025-12"]),
    delivery("account", "2025-09-30", ["2025-09"]),
    delivery("account", "2025-10-31", ["2025-10"]),
]

CHECKS = [
    {"name": "one_row", "asset": "kpi_finance_month", "passed": True, "blocking": True, "failed_rows": 0},
    {"name": "ledger_foots", "asset": "fct_gl_month", "passed": False, "blocking": False, "failed_rows": 2},
    {"name": "subledgers_agree", "asset": "fct_recon_break", "passed": False, "blocking": False,
     "failed_rows": 1, "keeps_from_final": True},
    {"name": "elsewhere", "asset": "kpi_fraud_month", "passed": True, "blocking": True, "failed_rows": 0},
]  # fmt: skip


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The project as dbt understands it."""
    target, project = tmp_path_factory.mktemp("manifest"), PROJECT_ROOT / "dbt_project"
    command = [Path(sys.executable).with_name("dbt"), "parse", "--no-partial-parse", "--project-dir", project]
    subprocess.run(
        [*map(str, command), "--profiles-dir", str(project), "--target-path", str(target)],
        env={**os.environ, "BANK_WAREHOUSE": str(target), "DBT_LOG_PATH": str(target)},
        capture_output=True,
        check=True,
    )
    return (target / "manifest.json").read_text()


@pytest.fixture
def folder(published: Path, manifest: str) -> Path:
    """A published folder that says where its figures come from."""
    build = published / "current"
    (build / "manifest.json").write_text(manifest)
    write_json_atomic(build / "deliveries.json", DELIVERIES)
    write_json_atomic(build / "checks.json", CHECKS)
    return published


@pytest.fixture
def traced(folder: Path) -> Iterator[Snapshot]:
    opened = current(folder)
    assert opened is not None
    with opened:
        yield opened


def test_a_position_is_traced_to_its_last_month_s_files(traced: Snapshot) -> None:
    found = lineage(traced, "total_deposits")
    assert found.period == (date(2025, 12, 1), date(2025, 12, 31))
    # B01 holds 1,230,000 in the 23rd month after the first, B02 500,000; B03 is closed
    assert (found.value, found.unit, found.currency) == (Decimal(1_730_000), "ccy", "EUR")
    assert (found.parts[0].metric, found.parts[0].marts) == ("total_deposits", ("kpi_finance_month",))
    assert "kpi_finance_month" in found.sql
    layers = {model.name: model.layer for model in found.models}
    assert layers["kpi_finance_month"] == layers["fct_gl_month"] == "mart"
    assert layers["int_finance_summed"] == "intermediate"
    assert layers["stg_gl_balance"] == "staging"
    assert layers["kpi_line_rollup"] == "seed"
    assert "kpi_fraud_month" not in layers
    assert [layer for layer in dict.fromkeys(layers.values()) if layer != "features"] == [
        "mart", "intermediate", "seed", "staging",
    ]  # fmt: skip
    by_name = {model.name: model for model in found.models}
    assert by_name["stg_gl_balance"].reads == ("gl_balance",)
    assert all(model.description for model in found.models)
    needs = {need.column: need for need in found.needs}
    assert needs["gl_balance.closing"].delivered
    assert "opening + debit − credit" in needs["gl_balance.closing"].description


def test_deliveries_are_those_the_period_was_made_of(traced: Snapshot) -> None:
    def fed(period: str | None) -> dict[str, list[object]]:
        return {
            source.table: [one["business_date"] for one in source.deliveries]
            for source in lineage(traced, "total_deposits", period).sources
        }

    newest = fed(None)
    assert newest["gl_balance"] == ["2025-12-31"]  # and not the one that it superseded
    assert newest["gl_account"] == ["2025-10-31"]  # the newest chart of accounts
    assert newest["transaction"] == ["2025-12-31"]
    assert newest["account"] == ["2025-10-31"]  # carried from the newest one before
    assert newest["exchange_rate"] == []
    assert fed("2025-10") | {"gl_account": []} == newest | {
        "gl_balance": [], "account": ["2025-10-31"], "gl_account": [],
    }  # fmt: skip


def test_a_flow_over_a_quarter_is_made_of_its_three_months(traced: Snapshot) -> None:
    found = lineage(traced, "net_interest_income", "2025-Q4")
    assert found.period == (date(2025, 10, 1), date(2025, 12, 31))
    # B01 12,100 + 12,200 + 12,300, B02 three times 5,000
    assert found.value == Decimal(51_600)
    sources = {source.table: source for source in found.sources}
    ledger = sources["gl_balance"].deliveries
    assert [one["business_date"] for one in ledger] == ["2025-11-30", "2025-12-31"]
    assert (ledger[0]["sha256"], ledger[0]["rows_loaded"]) == ("ab" * 32, 9)
    assert sources["gl_balance"].kind == "event"


def test_a_ratio_is_traced_by_both_parts_and_a_derived_metric_by_all_inputs(traced: Snapshot) -> None:
    nim = lineage(traced, "nim")
    assert nim.parts[0].formula == f"{nim.parts[1].metric} / {nim.parts[2].metric}"
    assert [part.metric for part in nim.parts[1:]] == ["net_interest_income_annual", "earning_assets_average"]
    assert all(part.formula.startswith("sum(") for part in nim.parts[1:])
    assert nim.parts[2].definition == "Average `earning_assets`; on basis daily, balance-days."
    spread = lineage(traced, "net_interest_spread")
    assert [part.metric for part in spread.parts[:2]] == ["net_interest_spread", "yield_earning_assets"]
    assert "interest_bearing_liabilities_average" in [part.metric for part in spread.parts]


def test_checks_are_those_of_its_own_models_failures_first(traced: Snapshot) -> None:
    found = lineage(traced, "total_deposits")
    assert [one["name"] for one in found.checks] == ["ledger_foots", "subledgers_agree", "one_row"]
    assert (found.run["run_id"], found.run["build"]) == ("run-1", "2026-01-01-a")


def test_what_is_not_available_says_what_it_needs(traced: Snapshot) -> None:
    found = lineage(traced, "fraud_volume", "2024-03")
    assert found.value is None
    assert "not available: needs fraud_case" in found.said
    assert not all(need.delivered for need in found.needs)


def test_an_unknown_metric_names_the_nearest(traced: Snapshot) -> None:
    with pytest.raises(BankError, match="Nearest: total_deposits"):
        lineage(traced, "total_deposit")


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2030-01", "The period 2030-01-01 to 2030-01-31 lies outside the data"),
        ("2025-13", "The period '2025-13' can't be read"),
        ("2025-Q5", "The period '2025-Q5' can't be read"),
        ("last month", "The period 'last month' can't be read"),
        ("2025-12-05", "total_deposits can't be told for 2025-12-05 to 2025-12-05"),
    ],
)
def test_a_period_that_can_t_be_told_is_refused(traced: Snapshot, period: str, said: str) -> None:
    with pytest.raises(BankError, match=said):
        lineage(traced, "total_deposits", period)


def test_every_metric_can_be_traced_to_a_source(traced: Snapshot) -> None:
    from dashboards.metrics import registry

    for metric in registry(traced):
        if "fct_forecast" in " ".join(metric.marts):
            continue
        found = lineage(traced, metric.id, "2025-Q4")
        assert found.sources, metric.id
        assert {model.name for model in found.models} >= set(metric.marts), metric.id


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`bank …` on a BANK_DATA whose published folder this is."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "orchestration.cli", *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, "BANK_DATA": str(folder.parent), "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_tells_it_as_text_and_as_json(folder: Path, traced: Snapshot) -> None:
    text = run(folder, "lineage", "nim")
    assert text.returncode == 0, text.stderr
    for said in (
        "Net interest margin (nim), 2025-12-01 to 2025-12-31", "earning_assets_average", "FDIC",
        "stg_gl_balance", "gl_balance_20251231.csv", "ab" * 32, "ledger_foots", "run-1",
    ):  # fmt: skip
        assert said in text.stdout, said
    told = run(folder, "lineage", "nim", "--period", "2025", "--format", "json")
    document = json.loads(told.stdout)
    assert document.keys() == asdict(lineage(traced, "nim")).keys()
    assert document["period"] == ["2025-01-01", "2025-12-31"]
    wrong = run(folder, "lineage", "nom")
    assert wrong.returncode == 1
    assert "Nearest: nim" in wrong.stderr
    assert "There is no format csv" in run(folder, "lineage", "nim", "--format", "csv").stderr


_LOADED = """
import sys
from orchestration.cli.main import app
try:
    app(["lineage", "nim"], prog_name="bank")
except SystemExit:
    pass
print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_it_loads_neither_dagster_nor_dbt(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED],
        cwd=PROJECT_ROOT,
        env={**os.environ, "BANK_DATA": str(folder.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "gl_balance_20251231.csv" in done.stdout
    loaded = set(done.stdout.splitlines()[-1].split())
    assert {"typer", "metricflow"} <= loaded
    assert loaded.isdisjoint({"dagster", "dbt", "dbt_common", "panel", "pandas"})
