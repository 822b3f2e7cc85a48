-- Every movement known at the build to be fraudulent, and what each detector, and any of them, saw in time.
with labels as (
    select
        transaction_id,
        case_id,
        fraud_type,
        reported_at as known_at,
        reported_at
    from {{ ref('stg_fraud_case') }}
    union all
    select
        transaction_id,
        case_id,
        null as fraud_type,
        coalesce(disposed_at, created_at) as known_at,
        null as reported_at
    from {{ ref('stg_alert') }}
    where disposition = 'fraud' and transaction_id is not null
),

known_frauds as (
    select
        transaction_id,
        coalesce(min(case_id), transaction_id) as case_id,
        {{ known('min(fraud_type)') }} as fraud_type,
        min(known_at) as known_at,
        min(reported_at) as reported_at
    from labels
    group by transaction_id
),

detectors as (
    select
        detector_id,
        min({{ month_start('created_at') }}) as first_month
    from {{ ref('stg_alert') }}
    group by detector_id
    union all
    select
        'any' as detector_id,
        cast('{{ var("begin") }}' as date) as first_month
),

first_alerts as (
    select
        detectors.detector_id,
        alerts.transaction_id,
        min(alerts.created_at) as first_alert_at
    from {{ ref('stg_alert') }} as alerts
    inner join detectors
        on detectors.detector_id in ('any', alerts.detector_id)
    group by detectors.detector_id, alerts.transaction_id
),

-- An alert raised once the bank had been told detects nothing.
watched as (
    select
        detectors.detector_id,
        known_frauds.*,
        facts.booking_date_time,
        facts.booking_date,
        facts.branch_id,
        facts.product_id,
        facts.channel,
        facts.segment_code,
        facts.amount_reporting as amount,
        coalesce(facts.card_id, facts.account_id) as instrument_id,
        case
            when known_frauds.reported_at < first_alerts.first_alert_at then null
            else first_alerts.first_alert_at
        end as alerted_at
    from known_frauds
    inner join {{ ref('fct_transaction') }} as facts
        on known_frauds.transaction_id = facts.transaction_id
    inner join detectors
        on facts.month >= detectors.first_month
    left join first_alerts
        on
            detectors.detector_id = first_alerts.detector_id
            and known_frauds.transaction_id = first_alerts.transaction_id
),

-- A compromise is a card, or an account without one, in one case: counted when it began.
followed as (
    select
        *,
        row_number() over (
            partition by detector_id, case_id, instrument_id
            order by booking_date_time asc nulls last, transaction_id asc nulls last
        ) as place_in_compromise,
        min(alerted_at) over (partition by detector_id, case_id, instrument_id) as compromise_alerted_at,
        row_number() over (
            partition by detector_id, case_id
            order by booking_date_time asc nulls last, transaction_id asc nulls last
        ) as place_in_case,
        min(alerted_at) over (partition by detector_id, case_id) as case_alerted_at
    from watched
)

select
    detector_id,
    transaction_id,
    booking_date,
    case_id,
    instrument_id,
    branch_id,
    product_id,
    channel,
    segment_code,
    fraud_type,
    known_at,
    alerted_at,
    cast(amount as decimal(24, 2)) as amount,
    cast(
        case
            when {{ hours_between('booking_date_time', 'alerted_at') }} <= {{ var('loss_after_hours') }}
                then amount
            else 0
        end as decimal(24, 2)
    ) as amount_alerted,
    case when place_in_compromise = 1 then 1 else 0 end as compromises,
    case when place_in_compromise = 1 and compromise_alerted_at is not null then 1 else 0 end
        as compromises_alerted,
    case
        when place_in_case = 1 then {{ hours_between('booking_date_time', 'case_alerted_at') }}
    end as hours_to_detect
from followed
