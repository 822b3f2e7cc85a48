-- Alerts still open at each month's end by age, zeros included: open then, whatever was decided later.
with last_days as (
    select max(business_date) as last_day
    from {{ ref('stg_batch') }}
    where table_name in ('alert', 'transaction')
),

months as (
    select
        months.month,
        least(months.month_end, last_days.last_day) as as_of_date
    from {{ ref('dim_month') }} as months
    cross join last_days
),

detectors as (
    select
        detector_id,
        min({{ month_start('created_date') }}) as first_month
    from {{ ref('fct_alert') }}
    group by detector_id
),

bands as (
    select '0-30' as age_band
    union all
    select '31-60' as age_band
    union all
    select '61-90' as age_band
    union all
    select '90+' as age_band
),

grid as (
    select
        months.month,
        detectors.detector_id,
        bands.age_band
    from months
    inner join detectors
        on months.month >= detectors.first_month
    cross join bands
),

open_alerts as (
    select
        months.month,
        alerts.detector_id,
        {{ case_age(days_between('alerts.created_date', 'months.as_of_date')) }} as age_band
    from months
    inner join {{ ref('fct_alert') }} as alerts
        on
            months.as_of_date >= alerts.created_date
            and case
                when alerts.disposed_at is null then alerts.status <> 'closed'
                else cast(alerts.disposed_at as date) > months.as_of_date
            end
),

counted as (
    select
        month,
        detector_id,
        age_band,
        count(*) as alerts_open
    from open_alerts
    group by month, detector_id, age_band
)

select
    grid.month,
    grid.detector_id,
    grid.age_band,
    cast(coalesce(counted.alerts_open, 0) as bigint) as alerts_open
from grid
left join counted
    on
        grid.month = counted.month
        and grid.detector_id = counted.detector_id
        and grid.age_band = counted.age_band
