-- Mergers of peers, one row each.
select
    peers.entity_id,
    listed.day as merger_date
from {{ ref('stg_peer_entity') }} as peers
cross join lateral {{ json_dates('peers.merger_events') }}
where peers.merger_events is not null
