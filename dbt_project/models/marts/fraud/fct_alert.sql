-- What every alert was about, what became of it and what that was worth, as decided by the build.
with alerts as (
    select
        alerts.*,
        facts.transaction_id is not null as has_movement,
        facts.branch_id,
        facts.product_id,
        facts.channel,
        facts.segment_code,
        facts.amount_reporting,
        coalesce(facts.card_id, facts.account_id, alerts.account_id) as instrument_id,
        coalesce(alerts.transaction_id, alerts.alert_id) as stopped_id
    from {{ ref('stg_alert') }} as alerts
    left join {{ ref('fct_transaction') }} as facts
        on alerts.transaction_id = facts.transaction_id
),

-- Of several alerts that stopped the same payment the first counts for its value.
ordered as (
    select
        *,
        -- what is in no known movement counts with the amount that the alert states
        case when has_movement then amount_reporting else amount_at_risk end as amount,
        row_number() over (
            partition by stopped_id, blocked, disposition
            order by created_at asc nulls last, alert_id asc nulls last
        ) = 1 as is_first
    from alerts
)

select
    alert_id,
    created_at,
    cast(created_at as date) as created_date,
    transaction_id,
    {{ known('instrument_id') }} as instrument_id,
    detector_id,
    {{ known('detector_version') }} as detector_version,
    {{ known('branch_id') }} as branch_id,
    {{ known('product_id') }} as product_id,
    {{ known('channel') }} as channel,
    {{ known('segment_code') }} as segment_code,
    score,
    status,
    coalesce(disposition, 'none') as disposition,
    disposed_at,
    {{ hours_between('created_at', 'disposed_at') }} as hours_to_disposition,
    cast(amount as decimal(24, 2)) as amount,
    case when disposition is not null then 1 else 0 end as is_disposed,
    case when disposition = 'fraud' then 1 else 0 end as is_confirmed,
    case when disposition = 'false_positive' then 1 else 0 end as is_false,
    cast(
        case when blocked and disposition = 'fraud' and is_first then amount else 0 end as decimal(24, 2)
    ) as value_stopped,
    cast(
        case when disposition is not null then {{ var('alert_cost') }} else 0 end as decimal(24, 2)
    ) as handling_cost,
    cast(
        case
            when blocked and disposition = 'false_positive' and is_first
                then amount * {{ var('declined_margin') }}
            else 0
        end as decimal(24, 2)
    ) as margin_lost
from ordered
