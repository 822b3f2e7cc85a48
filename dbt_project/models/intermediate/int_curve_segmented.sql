{{ config(materialized='table') }}

-- The curve that prices funds (FTP-<currency>) between its points, for every currency the bank deals in. A
-- currency without a curve of its own is priced by the reporting currency's. Each curve holds until the next
-- one is delivered, the first one also before: contracts older than all curves take the oldest.
with points as (
    select
        currency_code,
        curve_date,
        tenor_days,
        rate
    from {{ ref('stg_curve') }}
    where curve_id = 'FTP-' || currency_code
),

currencies as (
    select
        currency_code,
        bool_or(is_reporting) as is_reporting
    from {{ ref('int_currency_rated') }}
    group by currency_code
),

curves as (
    select
        currencies.currency_code,
        coalesce(own.currency_code, reporting.currency_code) as curve_currency_code
    from currencies
    left join (select distinct points.currency_code from points) as own
        on currencies.currency_code = own.currency_code
    left join currencies as reporting
        on reporting.is_reporting
),

dates as (
    select
        currency_code,
        curve_date,
        lag(curve_date) over (partition by currency_code order by curve_date asc) as previous_date,
        lead(curve_date) over (partition by currency_code order by curve_date asc) as next_date
    from (
        select distinct
            points.currency_code,
            points.curve_date
        from points
    ) as delivered
),

followed as (
    select
        *,
        lag(tenor_days) over (partition by currency_code, curve_date order by tenor_days asc)
            as previous_tenor,
        lead(tenor_days) over (partition by currency_code, curve_date order by tenor_days asc) as next_tenor,
        lead(rate) over (partition by currency_code, curve_date order by tenor_days asc) as next_rate
    from points
),

segments as (
    select
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
    curves.currency_code,
    curves.curve_currency_code,
    segments.curve_date,
    case when dates.previous_date is null then cast('1900-01-01' as date) else dates.curve_date end
        as valid_from,
    coalesce(dates.next_date, cast('2999-12-31' as date)) as valid_to,
    segments.tenor_from,
    segments.tenor_to,
    segments.rate_from,
    segments.rate_to
from curves
inner join segments
    on curves.curve_currency_code = segments.currency_code
inner join dates
    on
        segments.currency_code = dates.currency_code
        and segments.curve_date = dates.curve_date
