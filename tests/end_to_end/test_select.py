"""Some assets alone: built and published, without their months passing for built."""

from __future__ import annotations

from pathlib import Path

from orchestration.warehouse_state import changed_months
from tests.end_to_end import deliveries
from tests.end_to_end.bank import Bank, differences


def test_one_mart_alone(built_bank: Bank, tmp_path: Path) -> None:
    bank = built_bank.copy(tmp_path / "bank")
    before = bank.marts()
    name = "gl_balance_20251130.csv"
    assert bank.deliver({name: deliveries.moved_between_branches(bank.landed(name))}).code == 0

    said = bank.succeed("build", "--select", "kpi_finance_month")
    assert "published as" in said
    assert "dimensions and key figures" in said and "features by month" not in said
    assert bank.published()["pointer"] != built_bank.published()["pointer"]
    # what it reads was not built anew, so it is the same
    assert differences(before, bank.marts()) == []

    # and the corrected month still counts as changed
    assert "2025-11" in changed_months(bank.settings)


def test_name_of_no_asset(built_bank: Bank) -> None:
    done = built_bank.run("build", "--select", "kpi_finance_mont")
    what, _, fix = done.complaint
    assert done.code == 1
    assert "'kpi_finance_mont'" in what
    assert "kpi_finance_month" in fix


def test_part_of_a_warehouse_that_is_not_there(built_bank: Bank, tmp_path: Path) -> None:
    bank = built_bank.copy(tmp_path / "bank")
    (bank.folder / "warehouse" / "bank.duckdb").unlink()
    before = bank.published()
    done = bank.run("build", "--select", "kpi_finance_month")
    assert done.code == 1
    assert done.complaint[2] == "Build all of it once: ./bank build"
    assert bank.published() == before
