-- No leaf is lost or counted twice by the roll-up: over all branches assets less liabilities and equity are
-- what the ledger's closings add up to, and net profit is the sum of its parts. Each line is rounded when
-- translated, which a unit of currency covers. Whether the ledger foots is another question: fct_recon_break.
with totals as (
    select
        month,
        sum(total_assets) - sum(total_liabilities) - sum(total_equity) as balance_sheet_difference,
        sum(
            net_interest_income + nonint_income + sec_gains
            - nonint_expense - provision_expense - tax - net_profit
        ) as profit_difference
    from {{ ref('kpi_finance_month') }}
    group by month
)

select
    totals.*,
    ledger.difference as ledger_difference
from totals
left join {{ ref('int_ledger_carried') }} as ledger
    on totals.month = ledger.month
where
    abs(totals.balance_sheet_difference - coalesce(ledger.difference, 0)) > 1
    or abs(totals.profit_difference) > 1
