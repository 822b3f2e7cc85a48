-- Month-end balances of accounts and loans against the ledger account they are posted to, per currency.
-- Debit is positive, as in the ledger: what a customer holds with the bank counts negative, a loan positive.
with subledgers as (
    select
        month,
        ledger_code,
        currency_code,
        -sum(balance) as balance
    from {{ ref('fct_account_month') }}
    group by month, ledger_code, currency_code
    union all
    select
        month,
        ledger_code,
        currency_code,
        sum(balance) as balance
    from {{ ref('fct_loan_month') }}
    group by month, ledger_code, currency_code
),

subledger_totals as (
    select
        month,
        ledger_code,
        currency_code,
        sum(balance) as balance
    from subledgers
    group by month, ledger_code, currency_code
),

ledger_totals as (
    select
        facts.month,
        facts.month_end,
        facts.ledger_code,
        facts.currency_code,
        sum(facts.closing) as closing
    from {{ ref('fct_gl_month') }} as facts
    inner join {{ ref('stg_gl_account') }} as ledger
        on facts.ledger_code = ledger.ledger_code
    where ledger.subledger in ('account', 'loan')
    group by facts.month, facts.month_end, facts.ledger_code, facts.currency_code
)

select
    ledger_totals.month,
    ledger_totals.month_end,
    ledger_totals.ledger_code,
    ledger_totals.currency_code,
    cast(coalesce(subledger_totals.balance, 0) as decimal(24, 2)) as subledger_balance,
    cast(ledger_totals.closing as decimal(24, 2)) as ledger_balance,
    cast(coalesce(subledger_totals.balance, 0) - ledger_totals.closing as decimal(24, 2)) as difference
from ledger_totals
left join subledger_totals
    on
        ledger_totals.month = subledger_totals.month
        and ledger_totals.ledger_code = subledger_totals.ledger_code
        and ledger_totals.currency_code = subledger_totals.currency_code
