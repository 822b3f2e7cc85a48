-- Every ledger row beside the closing of the day before it. Profit-and-loss accounts may start a year at
-- zero.
with followed as (
    select
        balances.balance_date,
        balances.ledger_code,
        {{ known('balances.cost_center_code') }} as cost_center_code,
        balances.currency_code,
        balances.opening,
        balances.closing,
        balances.opening + balances.debit - balances.credit as closing_expected,
        coalesce(ledger.asset_liability, 'pnl') = 'pnl' as may_restart,
        lag(balances.closing) over (
            partition by balances.ledger_code, balances.cost_center_code, balances.currency_code
            order by balances.balance_date asc nulls last
        ) as previous_closing,
        lag(balances.balance_date) over (
            partition by balances.ledger_code, balances.cost_center_code, balances.currency_code
            order by balances.balance_date asc nulls last
        ) as previous_date
    from {{ ref('stg_gl_balance') }} as balances
    left join {{ ref('stg_gl_account') }} as ledger
        on balances.ledger_code = ledger.ledger_code
)

select
    balance_date,
    ledger_code,
    cost_center_code,
    currency_code,
    opening,
    case
        when
            may_restart
            and opening = 0
            and extract(year from previous_date) < extract(year from balance_date)
            then 0
        else previous_closing
    end as opening_expected,
    closing,
    closing_expected
from followed
