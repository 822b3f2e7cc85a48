"""A published snapshot made by hand, with numbers that can be checked in the head.

Two years, 2024-01 to 2025-12; k counts the months from 0. Three branches, two products, two segments:

- B01 Old Town (region north): net interest income 10,000 + 100 k a month, deposits 1,000,000 + 10,000 k
- B02 Harbour Street (region south): net interest income 5,000, deposits 500,000
- B03 Market Square (region south): the same as B02, but closed at the end of 2025-06: no rows afterwards

Every branch: fees 2,000, cost 6,000 (of it depreciation 500), provisions 1,000, tax 20 % of what is left;
earning assets 2,000,000, total assets 2,400,000, equity 240,000, gross loans 800,000, allowance 8,000.
Balance-days are the month-end balance times the days of the month.
Loans: per branch one row retail / mortgage of 500,000 (10,000 of it 30–59, 5,000 90+ days past due) and one
row sme / business loan of 300,000 (all current), which B01 has only until 2025-11.
Fraud labels start in 2024-07; the alerts and what they found stand in bank.sql.
The bank delivers no `loan.provision_amount` at all.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import duckdb

from dashboards.reader import Reader
from dashboards.selection import Selection
from dashboards.state import State
from runtime.files import replace_symlink, write_json_atomic

MONTHS = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]

_SQL = Path(__file__).with_suffix(".sql")

_AVAILABLE = (
    *(
        "gl_balance.closing",
        "customer.id",
        "customer.date",
        "account.id",
        "account.start_date",
        "account.balance",
    ),
    *("account.product_id", "account_holder.customer_id", "loan.id", "loan.orig_notional", "loan.balance"),
    *("loan.days_past_due", "loan_cash_flow.payment_date", "loan_transaction.amount", "transaction.amount"),
    *(
        "transaction.channel",
        "transaction.booking_date_time",
        "transaction.initiated_by",
        "transaction.status",
    ),
    *("transaction.reject_reason", "transaction.credit_debit_indicator", "financial_fact.value"),
    *(
        "alert.alert_id",
        "alert.disposition",
        "alert.disposed_at",
        "alert.status",
        "alert.blocked",
        "alert.score",
    ),
    *("product.ftp_method", "curve.rate", "loan.rate"),
    *("account.customer_id", "contact.arm", "contact.outcome", "contact.cost"),
    *("transaction.merchant_category_code", "transaction.purpose_code", "transaction.manual_touch"),
)


def publish(published: Path, semantic_manifest: str, build: str = "2026-01-01-a", **info: object) -> Path:
    """Write the snapshot as publication does, and point at it. Returns its folder."""
    folder = published / build
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "bank.duckdb")) as connection:
        connection.execute(_SQL.read_text())
    (folder / "semantic_manifest.json").write_text(semantic_manifest)
    availability: dict[str, list[str]] = dict.fromkeys(_AVAILABLE, MONTHS)
    availability |= dict.fromkeys(
        (
            *("fraud_case.transaction_id", "fraud_case.gross_loss", "fraud_case.recovered"),
            "fraud_case.is_chargeback",
        ),
        MONTHS[6:],
    )
    reported = ("cet1_capital", "tier1_capital", "total_capital", "risk_weighted_assets")
    availability |= {f"financial_fact.value[{concept}]": MONTHS[2::3] for concept in reported}
    write_json_atomic(folder / "availability.json", availability)
    write_json_atomic(
        folder / "build.json",
        {
            "format": 1,
            "build": build,
            "bank": "Test Bank",
            "currency_code": "EUR",
            "published_at": "2026-01-01T06:00:00+00:00",
            "run_id": "run-1",
            "first_month": MONTHS[0],
            "last_month": MONTHS[-1],
            "business_date": "2025-12-31",
            "checks_passed": 214,
            "checks_failed": 0,
            "checks_warned": 1,
            **info,
        },
    )
    write_json_atomic(folder / "manifest.json", {})
    write_json_atomic(folder / "deliveries.json", [])
    write_json_atomic(folder / "checks.json", [])
    replace_symlink(published / "current", build)
    write_json_atomic(
        published / "status.json",
        {
            "state": "ok",
            "run_id": "run-1",
            "since": "2026-01-01T06:00:00+00:00",
            "message": "",
            "failed_checks": [],
        },
    )
    return folder


def select(reader: Reader, **said: str) -> Selection:
    """What an address that says this means for the bank."""
    return reader.select(State.of(urlencode(said)))
