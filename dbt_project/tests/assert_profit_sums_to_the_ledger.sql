-- Funds transfer pricing moves net interest income between branches and treasury and makes none: margins and
-- treasury's result are the ledger's, branch by branch; contributions and what is below the line its profit.
with parts as (
    select
        month,
        branch_id,
        sum(ftp_margin + funding_gap + treasury_interest + rate_variance_loans + rate_variance_deposits)
            as net_interest_income,
        sum(
            ftp_margin + funding_gap + treasury_interest + rate_variance_loans + rate_variance_deposits
            + fees - direct_cost - expected_loss + sec_gains - tax
        ) as net_profit,
        sum(allocated_cost) as allocated_cost
    from {{ ref('kpi_profit_month') }}
    group by month, branch_id
),

compared as (
    select
        parts.month,
        parts.branch_id,
        -- a branch of contracts that the ledger does not know has booked nothing
        parts.net_interest_income - coalesce(ledger.net_interest_income, 0) as interest_difference,
        parts.net_profit - coalesce(ledger.net_profit, 0) as profit_difference,
        sum(parts.allocated_cost) over (partition by parts.month) as allocated_cost
    from parts
    left join {{ ref('kpi_finance_month') }} as ledger
        on
            parts.month = ledger.month
            and parts.branch_id = ledger.branch_id
)

select *
from compared
where
    month in (select ledger.month from {{ ref('kpi_finance_month') }} as ledger)
    and (interest_difference <> 0 or profit_difference <> 0 or allocated_cost <> 0)
