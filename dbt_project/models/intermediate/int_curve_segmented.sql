{{ config(materialized='table') }}

-- The curves that price funds (FTP-<currency>) and discount (DISCOUNT-<currency>) between their points, for
-- every currency the bank deals in. One without a curve of its own takes the reporting currency's. Each
-- curve holds until the next is delivered, the first one also before: for contracts older than all.
with points as (
    select
        case when curve_id = 'FTP-' || currency_code then 'funds' else 'discount' end as curve_use,
        currency_code,
        curve_date,
        tenor_days,
        rate
    from {{ ref('stg_curve') }}
    where curve_id in ('FTP-' || currency_code, 'DISCOUNT-' || currency_code)
),

currencies as (
    select
        currency_code,
        bool_or(is_reporting) as is_reporting
    from {{ ref('int_currency_rated') }}
    group by currency_code
),

delivered as (
    select distinct
        curve_use,
        currency_code
    from points
),

curves as (
    select
        currencies.currency_code,
        uses.curve_use,
        coalesce(own.currency_code, reporting.currency_code) as curve_currency_code
    from currencies
    cross join (select distinct delivered.curve_use from delivered) as uses
    left join delivered as own
        on
            currencies.currency_code = own.currency_code
            and uses.curve_use = own.curve_use
    left join currencies as reporting
        on reporting.is_reporting
),

dates as (
    select
        curve_use,
        currency_code,
        curve_date,
        lag(curve_date) over (
            partition by curve_use, currency_code order by curve_date asc nulls last
        ) as previous_date,
        lead(curve_date) over (
            partition by curve_use, currency_code order by curve_date asc nulls last
        ) as next_date
    from points
    group by curve_use, currency_code, curve_date
),

followed as (
    select
        *,
        lag(tenor_days) over (
            partition by curve_use, currency_code, curve_date order by tenor_days asc nulls last
        ) as previous_tenor,
        lead(tenor_days) over (
            partition by curve_use, currency_code, curve_date order by tenor_days asc nulls last
        ) as next_tenor,
        lead(rate) over (
            partition by curve_use, currency_code, curve_date order by tenor_days asc nulls last
        ) as next_rate
    from points
),

segments as (
    select
        curve_use,
        currency_code,
        curve_date,
        tenor_days as tenor_from,
        coalesce(next_tenor, 1000000) as tenor_to,
        rate as rate_from,
        coalesce(next_rate, rate) as rate_to
    from followed
    union all
    -- shorter than the shortest tenor: its rate
    select
        curve_use,
        currency_code,
        curve_date,
        0 as tenor_from,
        tenor_days as tenor_to,
        rate as rate_from,
        rate as rate_to
    from followed
    where previous_tenor is null and tenor_days > 0
)

select
    curves.curve_use,
    curves.currency_code,
    curves.curve_currency_code,
    segments.curve_date,
    case
        when dates.previous_date is null then cast('1900-01-01' as date)
        else dates.curve_date
    end as valid_from,
    coalesce(dates.next_date, cast('2999-12-31' as date)) as valid_to,
    segments.tenor_from,
    segments.tenor_to,
    segments.rate_from,
    segments.rate_to
from curves
inner join segments
    on
        curves.curve_currency_code = segments.currency_code
        and curves.curve_use = segments.curve_use
inner join dates
    on
        segments.curve_use = dates.curve_use
        and segments.currency_code = dates.currency_code
        and segments.curve_date = dates.curve_date
