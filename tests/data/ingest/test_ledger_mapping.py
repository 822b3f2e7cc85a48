"""An account of the ledger that no line of the statements takes is refused; its balances load."""

from __future__ import annotations

import pytest

from tests.data.ingest.support import SmallBank, csv_text, use_mapping

ACCOUNT = {
    "ledger_code": "1000", "name": "Cash", "asset_liability": "asset",
    "kpi_line": "cash", "is_earning_asset": "false", "subledger": "none",
}  # fmt: skip
BALANCE = {
    "ledger_code": "1000", "date": "2024-01-31", "cost_center_code": "CC1", "currency_code": "EUR",
    "opening": "0.00", "debit": "5.00", "credit": "0.00", "closing": "5.00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kpi_line", "reason"),
    [
        ("", "kpi_line is missing, and every row needs it."),
        ("sundries", "kpi_line is none of interest_income_loans, interest_income_securities, "),
    ],
)
def test_ledger_account_without_a_line_is_refused_and_its_balances_load(
    bank: SmallBank, monkeypatch: pytest.MonkeyPatch, kpi_line: str, reason: str
) -> None:
    monkeypatch.setattr("tests.data.ingest.support.DEFAULTS", {"gl_account": ACCOUNT, "gl_balance": BALANCE})
    patterns = {table: rf"{table}_(?P<business_date>\d{{8}})\.csv" for table in ("gl_account", "gl_balance")}
    use_mapping(monkeypatch, bank.folder / "mappings", **patterns)
    unmapped = {"ledger_code": "2000", "name": "Sundries"}
    bank.deliver("gl_account_20240131.csv", csv_text("gl_account", {}, {**unmapped, "kpi_line": kpi_line}))
    bank.deliver("gl_balance_20240131.csv", csv_text("gl_balance", {}, {"ledger_code": "2000"}))
    bank.load()
    said = {row["table_name"]: row["reason"] for row in bank.quarantine()}
    assert said.pop("gl_account").startswith(reason)
    assert said == {}
    assert bank.rows("SELECT ledger_code FROM raw.gl_balance ORDER BY 1") == [("1000",), ("2000",)]
    # once it is mapped, nothing but the chart has to be sent again
    bank.deliver(
        "gl_account_20240131.csv", csv_text("gl_account", {}, {**unmapped, "kpi_line": "other_assets"})
    )
    bank.load()
    assert bank.rows("SELECT ledger_code FROM raw.gl_account ORDER BY 1") == [("1000",), ("2000",)]
    assert bank.quarantine() == []
