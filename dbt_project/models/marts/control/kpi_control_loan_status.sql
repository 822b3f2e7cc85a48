-- Every loan contract delivered, by the bank's own status: also those dated after the last observed month,
-- which count nowhere else than here and in the dimensions.
with ranked as (
    select
        loan_id,
        {{ known('status') }} as status,
        currency_code,
        start_date,
        orig_notional,
        row_number() over (partition by loan_id order by as_of_date desc) as recency
    from {{ ref('stg_loan') }}
),

loans as (
    select
        ranked.status,
        ranked.currency_code,
        ranked.orig_notional,
        ranked.start_date <= observed.last_day as is_observed
    from ranked
    cross join (select max(month_end) as last_day from {{ ref('int_month_spined') }}) as observed
    where ranked.recency = 1
)

select
    status,
    currency_code,
    cast(count(*) as bigint) as loans,
    cast(sum(orig_notional) as decimal(24, 2)) as amount,
    cast(sum(case when is_observed then 1 else 0 end) as bigint) as loans_observed,
    cast(sum(case when is_observed then orig_notional else 0 end) as decimal(24, 2)) as amount_observed
from loans
group by status, currency_code
