-- What the bank reports of its customers beside its extracts: what winning them costs, what they hold in all.
select
    {{ month_start('facts.period_end') }} as month,
    cast(max(case when facts.concept = 'acquisition_spend' then facts.value end) as decimal(24, 2))
        as acquisition_spend,
    cast(max(case when facts.concept = 'estimated_wallet' then facts.value end) as decimal(24, 2))
        as estimated_wallet
from {{ ref('stg_financial_fact') }} as facts
left join {{ ref('stg_peer_entity') }} as peers
    on facts.entity_id = peers.entity_id
where
    peers.entity_id is null
    and facts.taxonomy = 'house'
    and not facts.is_ytd
    and facts.concept in ('acquisition_spend', 'estimated_wallet')
group by {{ month_start('facts.period_end') }}
