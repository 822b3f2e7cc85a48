with ranked as (
    select
        *,
        row_number() over (
            partition by entity_id
            order by business_date desc, version_id desc, line_number desc
        ) as recency
    from {{ source('raw', 'peer_entity') }}
)

select
    {{ clean('entity_id') }} as entity_id,
    {{ clean('name') }} as entity_name,
    {{ clean('state') }} as state,
    {{ clean('charter_class') }} as charter_class,
    total_assets,
    active,
    merger_events,
    version_id
from ranked
where recency = 1
