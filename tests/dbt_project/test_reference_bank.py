"""What is known of the PKDD'99 bank: its loans by the status that the files give them."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from data.ingest.load import ingest
from tests.dbt_project.conftest import Project, Warehouse, settings_in

REFERENCE = os.environ.get("BANK_REFERENCE_DATA")

pytestmark = pytest.mark.skipif(
    not REFERENCE, reason="BANK_REFERENCE_DATA is not set: it names the folder of the reference data"
)


def test_contracts_dated_after_the_books_end_count_in_the_control_table_only(
    project: Project, tmp_path: Path
) -> None:
    bank = Warehouse(settings_in(tmp_path / "berka"), project)
    ingest(bank.settings, "berka", Path(REFERENCE or "") / "berka")
    bank.register()
    bank.build(
        date(1994, 3, 1), date(1994, 4, 1),
        "--select", "+kpi_control_loan_status", "+fct_loan_month", "--indirect-selection", "cautious",
    )  # fmt: skip
    rows = bank.query("SELECT * EXCLUDE (loans_observed, amount_observed) FROM kpi_control_loan_status")
    assert sorted(rows) == [
        ("A", "CZK", 203, Decimal("18603216.00")),
        ("B", "CZK", 31, Decimal("4362348.00")),
        ("C", "CZK", 403, Decimal("69078372.00")),
        ("D", "CZK", 45, Decimal("11217804.00")),
    ]
    observed = bank.query("SELECT sum(loans_observed), sum(amount_observed) FROM kpi_control_loan_status")
    states = bank.query("SELECT count(DISTINCT loan_id) FROM fct_loan_month")
    assert observed[0][0] == states[0][0] == 682 - 644
    assert observed == bank.query(
        "SELECT count(*), sum(orig_notional) FROM work.staging.stg_loan WHERE start_date <= '1994-03-31'"
    )


def test_a_bank_without_a_ledger_has_nothing_to_reconcile(project: Project, tmp_path: Path) -> None:
    """Every currency has a rate, and no month of breaks is told where no ledger was delivered."""
    bank = Warehouse(settings_in(tmp_path / "berka"), project)
    ingest(bank.settings, "berka", Path(REFERENCE or "") / "berka")
    bank.register()
    bank.build(
        date(1994, 3, 1), date(1994, 4, 1),
        "--select", "+kpi_control_break_month", "--indirect-selection", "cautious",
    )  # fmt: skip
    assert bank.query("SELECT count(*) FROM fct_transaction") != [(0,)]
    assert bank.query("SELECT * FROM fct_recon_break") == []
    assert bank.query("SELECT * FROM kpi_control_break_month") == []
