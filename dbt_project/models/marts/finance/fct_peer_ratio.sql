-- Ratios as the authority publishes them for each peer, never recomputed here.
with published as (
    select
        entity_id,
        period_end,
        case concept
            when 'NIMY' then 'nim'
            when 'ROA' then 'roa'
            when 'ROE' then 'roe'
            when 'EEFFR' then 'efficiency_ratio_fdic'
            when 'EQR' then 'equity_to_assets'
            when 'NCLNLSR' then 'noncurrent_ratio'
        end as metric_id,
        value
    from {{ ref('stg_financial_fact') }}
    where taxonomy = 'fdic'
)

select
    published.entity_id,
    peers.entity_name,
    published.period_end,
    published.metric_id,
    cast(published.value as double) as value
from published
inner join {{ ref('stg_peer_entity') }} as peers
    on published.entity_id = peers.entity_id
where published.metric_id is not null
