-- Balances of accounts and loans against the ledger account they are posted to, per currency, on every day
-- for which both the snapshot and the ledger were delivered. Debit is positive, as in the ledger: what a
-- customer holds with the bank counts negative, a loan positive. Where the chart of accounts says that an
-- account's balance comes from neither, nothing is compared.
with subledgers as (
    select
        as_of_date as balance_date,
        'account' as subledger,
        ledger_code,
        currency_code,
        -sum(balance) as balance
    from {{ ref('stg_account') }}
    where balance is not null
    group by as_of_date, ledger_code, currency_code
    union all
    select
        as_of_date as balance_date,
        'loan' as subledger,
        ledger_code,
        currency_code,
        sum(balance) as balance
    from {{ ref('stg_loan') }}
    where balance is not null
    group by as_of_date, ledger_code, currency_code
),

delivered as (
    select distinct
        subledgers.balance_date,
        subledgers.subledger
    from subledgers
    inner join {{ ref('int_trial_balance_summed') }} as ledger_days
        on subledgers.balance_date = ledger_days.balance_date
),

ledgers as (
    select
        balances.balance_date,
        balances.ledger_code,
        balances.currency_code,
        sum(balances.closing) as closing
    from {{ ref('stg_gl_balance') }} as balances
    inner join (select distinct balance_date from delivered) as days
        on balances.balance_date = days.balance_date
    group by balances.balance_date, balances.ledger_code, balances.currency_code
),

-- What must agree: control accounts of the chart, and whatever accounts or loans name as theirs.
pairs as (
    select
        ledgers.balance_date,
        ledgers.ledger_code,
        ledgers.currency_code
    from ledgers
    inner join {{ ref('stg_gl_account') }} as chart
        on ledgers.ledger_code = chart.ledger_code
    inner join delivered
        on
            ledgers.balance_date = delivered.balance_date
            and chart.subledger = delivered.subledger
    union
    select
        subledgers.balance_date,
        subledgers.ledger_code,
        subledgers.currency_code
    from subledgers
    left join {{ ref('stg_gl_account') }} as chart
        on subledgers.ledger_code = chart.ledger_code
    inner join delivered
        on
            subledgers.balance_date = delivered.balance_date
            and coalesce(chart.subledger, subledgers.subledger) = delivered.subledger
    where subledgers.ledger_code is not null
),

subledger_totals as (
    select
        balance_date,
        ledger_code,
        currency_code,
        sum(balance) as balance
    from subledgers
    group by balance_date, ledger_code, currency_code
)

select
    pairs.balance_date,
    pairs.ledger_code,
    pairs.currency_code,
    cast(coalesce(subledger_totals.balance, 0) as decimal(24, 2)) as subledger_balance,
    cast(coalesce(ledgers.closing, 0) as decimal(24, 2)) as ledger_balance,
    cast(coalesce(subledger_totals.balance, 0) - coalesce(ledgers.closing, 0) as decimal(24, 2)) as difference
from pairs
left join subledger_totals
    on
        pairs.balance_date = subledger_totals.balance_date
        and pairs.ledger_code = subledger_totals.ledger_code
        and pairs.currency_code = subledger_totals.currency_code
left join ledgers
    on
        pairs.balance_date = ledgers.balance_date
        and pairs.ledger_code = ledgers.ledger_code
        and pairs.currency_code = ledgers.currency_code
