"""The demo bank's key figures, computed from its extracts by plain SQL, apart from the platform's own
models.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

CSV_TABLES = (
    "account",
    "account_holder",
    "alert",
    "card",
    "collateral",
    "curve",
    "customer",
    "exchange_rate",
    "financial_fact",
    "fraud_case",
    "gl_account",
    "loan",
    "loan_application",
    "loan_cash_flow",
    "macro_series",
    "product",
    "standing_order",
    "target",
    "transaction",
)


def connect(landing: Path) -> duckdb.DuckDBPyConnection:
    """All extracts as relations: those in plain CSV under their names, the others as `gl`, `loan_movement`,
    `contact`.
    """
    con = duckdb.connect(config={"threads": 2})
    for name in CSV_TABLES:
        con.execute(
            f"""create {"view" if name == "transaction" else "table"} "{name}" as
            select * from read_csv('{landing}/{name}_2*.csv', all_varchar = false, sample_size = -1)"""
        )
    con.execute(
        f"""create table gl as
        select
            strptime(day, '%d.%m.%Y')::date as date,
            code as ledger_code,
            centre as cost_center_code,
            currency as currency_code,
            replace(opening, ',', '.')::decimal(20, 2) as opening,
            replace(debit, ',', '.')::decimal(20, 2) as debit,
            replace(credit, ',', '.')::decimal(20, 2) as credit,
            replace(closing, ',', '.')::decimal(20, 2) as closing
        from read_csv('{landing}/gl_balance_2*.csv', delim = ';', encoding = 'latin-1', header = true,
            all_varchar = true,
            names = ['day', 'code', 'centre', 'currency', 'opening', 'debit', 'credit', 'closing'])"""
    )
    con.execute(
        f"""create table loan_movement as
        select
            trim(line[1:18]) as id,
            strptime(line[19:26], '%Y%m%d')::date as date,
            line[35:42] as loan_id,
            (line[43:57]::bigint / 100)::decimal(18, 2) as amount,
            trim(line[61:80]) as type
        from read_csv('{landing}/loan_transaction_2*.txt', columns = {{'line': 'varchar'}}, delim = '|',
            header = false, quote = '', escape = '')"""
    )
    con.execute(
        f"""create view contact as select * from read_json('{landing}/contact_2*.jsonl.gz', format = 'nd',
        columns = {{'contactId': 'varchar', 'customerId': 'varchar', 'campaignId': 'varchar',
            'arm': 'varchar',
            'contactedAt': 'timestamp', 'outcome': 'varchar', 'outcomeAt': 'timestamp', 'cost': 'double'}})"""
    )
    return con


@dataclass(frozen=True)
class Figures:
    """Key figures of one calendar year, in percent; fraud in basis points."""

    year: int
    nim: float
    cost_to_income: float
    roa: float
    attrition: float


def yearly(con: duckdb.DuckDBPyConnection) -> list[Figures]:
    """Finance and attrition of every whole calendar year, daily basis, dollars at each day's rate."""
    rows = con.execute(
        """
        with books as (
            select
                gl.*,
                a.kpi_line,
                a.is_earning_asset,
                a.asset_liability,
                case currency_code when 'USD' then x.quote else 1 end as rate
            from gl
            join (select distinct ledger_code::varchar as ledger_code, kpi_line, is_earning_asset,
                asset_liability from gl_account) as a using (ledger_code)
            join exchange_rate as x using (date)
        ),
        -- the close on 1 January is no result: what it moves is the balance of the eve
        flows as (
            select
                year(date) as year,
                kpi_line,
                sum(case when month(date) = 1 and day(date) = 1 then -closing else credit - debit end) as flow
            from books
            where asset_liability = 'pnl'
            group by all
        ),
        result as (
            select
                year,
                sum(flow) as profit,
                sum(flow) filter (kpi_line like 'interest%') as nii,
                sum(flow) filter (kpi_line like 'fee%' or kpi_line in ('other_operating_income', 'sec_gains'))
                    as other,
                -sum(flow) filter (kpi_line in ('staff_expenses', 'other_administrative_expenses',
                    'depreciation', 'amortisation_intangibles')) as costs
            from flows
            group by all
        ),
        volume as (
            select
                year(date) as year,
                count(distinct date) as days,
                sum(closing * rate) filter (is_earning_asset) / count(distinct date) as earning,
                sum(closing * rate) filter (asset_liability = 'asset') / count(distinct date) as assets
            from books
            group by all
        ),
        people as (
            select
                year(date) as year,
                count(*) filter (status = 'closed') as lost,
                count(*) / count(distinct date) as present
            from customer
            group by all
        )
        select
            year,
            100 * nii / earning * 365 / days,
            100 * costs / (nii + other),
            100 * profit / assets * 365 / days,
            100 * lost / present
        from result join volume using (year) join people using (year)
        where days >= 365
        order by year
        """
    ).fetchall()
    return [Figures(year, *map(float, values)) for year, *values in rows]


def default_rate(con: duckdb.DuckDBPyConnection) -> float:
    """Share in percent of performing loans that default within 12 months, over all month ends with a year
    to look.
    """
    row = con.execute(
        """
        with performing as (select id, date from loan where status = 'active' and default_date is null),
        defaults as (select distinct id, default_date from loan where default_date is not null)
        select 100.0 * count(*) filter (exists (
            select 1 from defaults as d
            where d.id = p.id and d.default_date > p.date and d.default_date <= p.date + interval 12 month
        )) / count(*)
        from performing as p
        where p.date <= (select max(date) from loan) - interval 12 month
        """
    ).fetchone()
    assert row is not None
    return float(row[0])


def fraud_bps(con: duckdb.DuckDBPyConnection) -> float:
    """Fraud known so far per value of booked debits, in basis points."""
    row = con.execute(
        """
        select
            10000 * sum(amount) filter (transaction_id in (select transaction_id from fraud_case))
            / sum(amount)
        from transaction where status = 'BOOK' and credit_debit_indicator = 'DBIT'
        """
    ).fetchone()
    assert row is not None
    return float(row[0])
