-- Defaults by the month they happened in, what was owed then, and what came in since: payments and recoveries
-- discounted to the default at the loan's own rate (undiscounted where none is delivered).
with defaults as (
    select
        loan_id,
        month,
        month_end,
        branch_id,
        product_id,
        segment_code,
        currency_code,
        coalesce(cast(rate as double), 0) as rate,
        balance_reporting + charge_offs_reporting as exposure
    from {{ ref('fct_loan_month') }}
    where is_new_default
),

receipts as (
    select
        defaults.loan_id,
        sum({{ translated('movements.amount', 'rates.rate') }}) as recovered,
        sum(
            cast(
                {{ translated('movements.amount', 'rates.rate') }}
                * power(
                    1 + defaults.rate,
                    -greatest({{ days_between('defaults.month_end', 'movements.transaction_date') }}, 0)
                    / cast(365 as double)
                ) as decimal(24, 6)
            )
        ) as recovered_discounted
    from defaults
    inner join {{ ref('stg_loan_transaction') }} as movements
        on defaults.loan_id = movements.loan_id
    left join {{ ref('int_currency_rated') }} as rates
        on
            movements.transaction_date = rates.date_day
            and coalesce(movements.currency_code, defaults.currency_code) = rates.currency_code
    where
        movements.transaction_date <= (select max(month_end) from {{ ref('int_month_spined') }})
        and (
            (
                movements.loan_transaction_type in ('capital_repayment', 'interest_repayment', 'received')
                and movements.transaction_date > defaults.month_end
            )
            -- what was owed at the month's end is before write-offs, so recoveries of the month count too
            or (movements.loan_transaction_type = 'recovery' and movements.transaction_date >= defaults.month)
        )
    group by defaults.loan_id
)

select
    defaults.month,
    defaults.branch_id,
    defaults.product_id,
    defaults.segment_code,
    cast(count(*) as bigint) as loans_defaulted,
    cast(sum(defaults.exposure) as decimal(24, 2)) as exposure_at_default,
    cast(sum(coalesce(receipts.recovered, 0)) as decimal(24, 2)) as recovered,
    cast(sum(coalesce(receipts.recovered_discounted, 0)) as decimal(24, 6)) as recovered_discounted
from defaults
left join receipts
    on defaults.loan_id = receipts.loan_id
group by defaults.month, defaults.branch_id, defaults.product_id, defaults.segment_code
