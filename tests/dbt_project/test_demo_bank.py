"""The marts of a complete bank against independent queries over what it delivered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.dbt_project.conftest import AFTER_LAST_MONTH, FIRST_MONTH, Warehouse


def test_every_movement_is_in_its_fact_once_with_its_account_s_dimensions(demo_bank: Warehouse) -> None:
    facts = demo_bank.query(
        "SELECT count(*), count(DISTINCT transaction_id), sum(amount) FROM fct_transaction"
    )
    raw = demo_bank.query(
        "SELECT count(*), count(DISTINCT transaction_id), sum(amount) FROM work.raw.transaction"
    )
    assert facts == raw
    assert facts[0][0] > 5000
    assert demo_bank.query(
        "SELECT count(*) FROM fct_transaction WHERE 'unknown' IN (customer_id, branch_id)"
    ) == [(0,)]


def test_balance_days_are_the_sum_of_each_day_s_closing(demo_bank: Warehouse) -> None:
    """Walked here day by day, for every account."""
    different = demo_bank.query(
        """
        WITH days AS (
            SELECT a.account_id, a.balance, a.balance_days, a.month_end, d.day
            FROM fct_account_month AS a
            CROSS JOIN (
                SELECT unnest(generate_series(DATE '2025-02-01', DATE '2025-02-28', INTERVAL 1 DAY)) AS day
            ) AS d
            WHERE a.month = '2025-02-01'
        ), closings AS (
            SELECT days.account_id, days.balance_days, days.day,
                any_value(days.balance) - coalesce(sum(t.signed_amount), 0) AS closing
            FROM days
            LEFT JOIN fct_transaction AS t
                ON t.account_id = days.account_id
                AND t.booking_date > days.day AND t.booking_date <= days.month_end
            GROUP BY ALL
        )
        SELECT account_id FROM closings GROUP BY account_id, balance_days HAVING sum(closing) <> balance_days
        """
    )
    assert different == []


def test_customer_balances_are_the_ledger_s_to_the_cent(demo_bank: Warehouse) -> None:
    compared = demo_bank.query(
        "SELECT count(*), sum(abs(difference)), sum(abs(ledger_balance))"
        " FROM work.intermediate.int_subledger_compared"
    )[0]
    assert compared[0] > 20
    assert compared[1] == Decimal(0)
    assert compared[2] > Decimal(1_000_000)


def test_profit_of_a_year_is_what_its_months_earned(demo_bank: Warehouse) -> None:
    """January starts at zero: January and February add up to the ledger's year to date, line by line."""
    different = demo_bank.query(
        """
        SELECT ledger_code, cost_center_code, currency_code
        FROM fct_gl_month
        WHERE asset_liability = 'pnl' AND month >= '2025-01-01'
        GROUP BY ALL
        HAVING sum(flow) <> -max_by(closing, month)
        """
    )
    assert different == []


def test_every_day_of_every_series_is_there(demo_bank: Warehouse) -> None:
    series = demo_bank.query(
        "SELECT metric_id, count(*), min(date_day), max(date_day)"
        " FROM work.features.feat_kpi_day GROUP BY ALL ORDER BY 1"
    )
    assert [row[0] for row in series] == [
        "card_spend",
        "customer_txn_volume",
        "deposit_balance",
        "txn_value",
        "txn_volume",
    ]
    assert {(row[1], row[2]) for row in series} == {(151, FIRST_MONTH)}


def test_the_daily_deposit_balance_ends_on_the_month_s_closing(demo_bank: Warehouse) -> None:
    different = demo_bank.query(
        """
        SELECT closings.month
        FROM (
            SELECT a.month, a.month_end, sum(a.balance * r.rate) AS balance
            FROM fct_account_month AS a
            JOIN dim_product AS p USING (product_id)
            JOIN work.intermediate.int_currency_rated AS r
                ON r.date_day = a.month_end AND r.currency_code = a.currency_code
            WHERE p.product_family IN ('current', 'savings', 'term')
            GROUP BY ALL
        ) AS closings
        JOIN work.features.feat_kpi_day AS k
            ON k.date_day = closings.month_end AND k.metric_id = 'deposit_balance'
        WHERE abs(closings.balance - k.value) > 1
        """
    )
    assert different == []


def test_fraud_is_found_again_by_the_transaction_s_month(demo_bank: Warehouse) -> None:
    marts = demo_bank.query(
        "SELECT sum(fraud_volume), sum(gross_loss), sum(txn_volume) FROM kpi_fraud_month"
    )[0]
    labels = demo_bank.query(
        "SELECT count(DISTINCT transaction_id), coalesce(sum(gross_loss), 0) FROM work.raw.fraud_case"
    )[0]
    booked = demo_bank.query("SELECT count(*) FROM work.raw.transaction WHERE status IN ('BOOK', 'RVSL')")[0]
    assert marts[0] <= labels[0]
    assert (marts[1], marts[2]) == (labels[1], booked[0])


def test_months_of_balances_not_delivered_are_derived_alike(
    demo_bank: Warehouse, frugal_bank: Warehouse
) -> None:
    """From an account's opening, or from its first balance after a movement, on; to the cent."""
    with frugal_bank.connect() as con:
        con.execute(f"ATTACH '{demo_bank.settings.warehouse / 'bank.duckdb'}' AS full_bank (READ_ONLY)")
        compared = con.execute(
            """
            SELECT derived.balance_source, count(*),
                count(*) FILTER (WHERE derived.balance <> delivered.balance)
            FROM fct_account_month AS derived
            JOIN full_bank.marts.fct_account_month AS delivered USING (account_id, month)
            WHERE delivered.balance_source = 'delivered' AND delivered.is_open
            GROUP BY 1 ORDER BY 1
            """
        ).fetchall()
    sources = {row[0]: row[1:] for row in compared}
    assert set(sources) <= {"derived", "unknown"}
    assert sources["derived"][0] > 500
    assert sources["derived"][1] == 0


def test_days_past_due_not_delivered_are_derived_within_a_day(
    demo_bank: Warehouse, frugal_bank: Warehouse
) -> None:
    with frugal_bank.connect() as con:
        con.execute(f"ATTACH '{demo_bank.settings.warehouse / 'bank.duckdb'}' AS full_bank (READ_ONLY)")
        rows = con.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE delivered.days_past_due > 0),
                count(*) FILTER (WHERE abs(derived.days_past_due - delivered.days_past_due) > 1),
                count(*) FILTER (WHERE derived.balance <> delivered.balance)
            FROM fct_loan_month AS derived
            JOIN full_bank.marts.fct_loan_month AS delivered USING (loan_id, month)
            WHERE derived.is_open AND delivered.is_open AND derived.days_past_due_source = 'derived'
            """
        ).fetchone()
    assert rows is not None
    assert rows[0] > 20
    assert rows[2:] == (0, 0), rows


def test_buckets_roll_as_a_walk_over_single_loans_says(demo_bank: Warehouse) -> None:
    """Loan by loan, from one month to the next."""
    order = ["0", "1-29", "30-59", "60-89", "90-119", "120-179", "180+"]
    loans = {
        (loan, month): (bucket, balance)
        for loan, month, bucket, balance in demo_bank.query(
            "SELECT loan_id, month, dpd_bucket, balance_reporting FROM fct_loan_month WHERE is_open"
        )
    }
    rolled: dict[tuple[object, str], list[Decimal]] = {}
    for (loan, month), (bucket, balance) in loans.items():
        after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        if after >= AFTER_LAST_MONTH:
            continue
        sums = rolled.setdefault((after, bucket), [Decimal(0), Decimal(0), Decimal(0)])
        now, left = loans.get((loan, after), (None, Decimal(0)))
        sums[0] += balance
        sums[1] += left if now and order.index(now) == order.index(bucket) + 1 else 0
        sums[2] += now == "0" and bucket != "0"
    found = demo_bank.query(
        "SELECT month, dpd_bucket, sum(balance_before), sum(balance_rolled), sum(loans_cured) "
        "FROM kpi_credit_bucket_month GROUP BY ALL HAVING sum(loans_before) > 0"
    )
    assert {key: tuple(sums) for key, sums in rolled.items()} == {
        (month, bucket): (before, over, cured) for month, bucket, before, over, cured in found
    }
    assert sum(sums[1] for sums in rolled.values()) > 0
