{{ config(materialized='table', event_time='month') }}

-- What one unit of a currency is worth in the bank's main currency at each month's end: the month's last
-- quote. A currency without a quote in the month has no row: its amounts become NULL, and a test says so.
with main_currency as (
    {% if var('currency_code') %}
        select '{{ var("currency_code") }}' as currency_code
    {% else %}
        select currency_code
        from {{ ref('int_account_aligned') }}
        group by currency_code
        order by count(*) desc, currency_code asc
        limit 1
    {% endif %}
),

quotes as (
    select
        rates.rate_date,
        {{ month_start('rates.rate_date') }} as month,
        rates.base_currency_code as currency_code,
        rates.quote as rate,
        1 as preference
    from {{ ref('stg_exchange_rate') }} as rates
    inner join main_currency
        on rates.quote_currency_code = main_currency.currency_code
    union all
    select
        rates.rate_date,
        {{ month_start('rates.rate_date') }} as month,
        rates.quote_currency_code as currency_code,
        cast(1 / nullif(cast(rates.quote as double), 0) as decimal(18, 8)) as rate,
        2 as preference
    from {{ ref('stg_exchange_rate') }} as rates
    inner join main_currency
        on rates.base_currency_code = main_currency.currency_code
),

ranked as (
    select
        month,
        currency_code,
        rate,
        row_number() over (
            partition by month, currency_code
            order by rate_date desc, preference asc
        ) as recency
    from quotes
)

select
    months.month,
    main_currency.currency_code,
    cast(1 as decimal(18, 8)) as rate,
    true as is_main
from {{ ref('int_month_spined') }} as months
cross join main_currency
union all
select
    ranked.month,
    ranked.currency_code,
    ranked.rate,
    false as is_main
from ranked
inner join {{ ref('int_month_spined') }} as months
    on ranked.month = months.month
where ranked.recency = 1
