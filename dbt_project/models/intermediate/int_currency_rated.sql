{{ config(materialized='table', event_time='date_day') }}

-- What one unit of a currency is worth in the reporting currency on each day: the last quote of the seven
-- days up to it (no market is open on every day). A currency without one has no row for the day: its amounts
-- become NULL, and that is a break.
with candidates as (
    select
        currency_code,
        1 as preference,
        0 as accounts
    from {{ source('raw', 'reporting_currency') }}
    union all
    -- where nothing says it: the currency most accounts are held in
    select
        currency_code,
        2 as preference,
        count(*) as accounts
    from {{ ref('int_account_aligned') }}
    group by currency_code
),

reporting as (
    select currency_code
    from candidates
    order by preference asc nulls last, accounts desc, currency_code asc nulls last
    limit 1
),

days as (
    select
        spine.day as date_day,
        months.month
    from {{ ref('int_month_spined') }} as months
    cross join lateral {{ date_spine('months.month', 'months.month_end', 'day') }}
),

-- Each quote both ways, the delivered direction preferred.
prices as (
    select
        rate_date,
        base_currency_code as currency_code,
        quote_currency_code as price_currency_code,
        cast(quote as double) as price,
        1 as preference
    from {{ ref('stg_exchange_rate') }}
    union all
    select
        rate_date,
        quote_currency_code as currency_code,
        base_currency_code as price_currency_code,
        1 / nullif(cast(quote as double), 0) as price,
        2 as preference
    from {{ ref('stg_exchange_rate') }}
),

-- Straight into the reporting currency, else by way of one other currency quoted on the same day.
quotes as (
    select
        prices.rate_date,
        prices.currency_code,
        prices.price as rate,
        prices.preference,
        '' as by_way_of
    from prices
    inner join reporting
        on prices.price_currency_code = reporting.currency_code
    union all
    select
        first_leg.rate_date,
        first_leg.currency_code,
        first_leg.price * second_leg.price as rate,
        3 as preference,
        second_leg.currency_code as by_way_of
    from prices as first_leg
    inner join prices as second_leg
        on
            first_leg.rate_date = second_leg.rate_date
            and first_leg.price_currency_code = second_leg.currency_code
    inner join reporting
        on second_leg.price_currency_code = reporting.currency_code
    where first_leg.currency_code <> reporting.currency_code
),

ranked as (
    select
        days.date_day,
        days.month,
        quotes.currency_code,
        quotes.rate,
        row_number() over (
            partition by days.date_day, quotes.currency_code
            order by quotes.rate_date desc, quotes.preference asc nulls last, quotes.by_way_of asc nulls last
        ) as recency
    from days
    inner join quotes
        on
            quotes.rate_date <= days.date_day
            and quotes.rate_date > {{ add_days('days.date_day', -7) }}
    where quotes.rate is not null
),

rated as (
    select
        days.date_day,
        days.month,
        reporting.currency_code,
        cast(1 as decimal(18, 8)) as rate,
        true as is_reporting
    from days
    cross join reporting
    union all
    select
        date_day,
        month,
        currency_code,
        cast(rate as decimal(18, 8)) as rate,
        false as is_reporting
    from ranked
    where recency = 1
),

followed as (
    select
        *,
        count(*) over (
            partition by currency_code, month order by date_day asc nulls last rows unbounded preceding
        ) as rated_days,
        sum(rate) over (
            partition by currency_code, month order by date_day asc nulls last rows unbounded preceding
        ) as rates_so_far
    from rated
)

select
    date_day,
    month,
    currency_code,
    rate,
    -- what a balance held on every earlier day of the month adds up to; NULL where one of them has no rate
    case
        when rated_days = extract(day from date_day) then cast(rates_so_far - rate as decimal(18, 8))
    end as earlier_rates,
    is_reporting
from followed
