-- Every day of every detector, and of any of them, with alerts or without, so that a mean over days is one.
{% set capacity = var('alert_capacity') %}

with seen as (
    select
        alerts.*,
        detectors.detector_id as watched_id
    from {{ ref('fct_alert') }} as alerts
    inner join (
        select distinct detector_id
        from {{ ref('fct_alert') }}
        union all
        select 'any' as detector_id
    ) as detectors
        on detectors.detector_id in ('any', alerts.detector_id)
),

detectors as (
    select
        watched_id as detector_id,
        min({{ month_start('created_date') }}) as first_day
    from seen
    group by watched_id
),

last_days as (
    select max(business_date) as last_day
    from {{ ref('stg_batch') }}
    where table_name in ('alert', 'transaction')
),

days as (
    select
        dates.date_day,
        detectors.detector_id
    from {{ ref('dim_date') }} as dates
    inner join detectors
        on dates.date_day >= detectors.first_day
    inner join last_days
        on dates.date_day <= last_days.last_day
),

raised as (
    select
        created_date,
        watched_id,
        count(*) as alerts
    from seen
    group by created_date, watched_id
),

frauds as (
    select
        instrument_id,
        booking_date,
        known_at
    from {{ ref('fct_fraud_movement') }}
    where detector_id = 'any'
),

-- What analysts would look at: a day's cards by their highest score, without those known before that day.
scored as (
    select
        seen.created_date,
        seen.watched_id,
        seen.instrument_id,
        max(seen.score) as score
    from seen
    where
        seen.score is not null
        and not exists (
            select 1
            from frauds
            where
                frauds.instrument_id = seen.instrument_id
                and frauds.known_at < cast(seen.created_date as timestamp)
        )
    group by seen.created_date, seen.watched_id, seen.instrument_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by created_date, watched_id
            order by score desc, instrument_id asc nulls last
        ) as place
    from scored
),

hits as (
    select
        created_date,
        watched_id,
        count(*) as hits
    from ranked
    where
        place <= {{ capacity }}
        and exists (
            select 1
            from frauds
            where
                frauds.instrument_id = ranked.instrument_id
                and frauds.booking_date = ranked.created_date
        )
    group by created_date, watched_id
)

select
    days.date_day,
    days.detector_id,
    1 as days,
    cast({{ capacity }} as integer) as capacity,
    cast(coalesce(raised.alerts, 0) as bigint) as alerts,
    cast(coalesce(hits.hits, 0) as bigint) as top_hits
from days
left join raised
    on
        days.date_day = raised.created_date
        and days.detector_id = raised.watched_id
left join hits
    on
        days.date_day = hits.created_date
        and days.detector_id = hits.watched_id
