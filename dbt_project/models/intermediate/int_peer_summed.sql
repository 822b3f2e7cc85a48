{{ config(materialized='table') }}

-- What peers report, one row per institution and quarter-end. Income runs from the start of the year in the
-- reports; here it is the quarter's: a quarter after one that is missing has none.
with facts as (
    select
        facts.entity_id,
        facts.period_end,
        {{ month_start('facts.period_end') }} as month,
        lines.line,
        lines.measure,
        facts.value * case when facts.unit = 'ccy_thousand' then 1000 else 1 end as value
    from {{ ref('stg_financial_fact') }} as facts
    inner join {{ ref('fdic_concept_line') }} as lines
        on facts.concept = lines.concept
    where facts.taxonomy = 'fdic'
),

quarters as (
    select
        facts.entity_id,
        facts.period_end,
        facts.month,
        facts.line,
        case
            when facts.measure = 'balance' or extract(month from facts.month) = 3 then facts.value
            else facts.value - earlier.value
        end as value
    from facts
    left join facts as earlier
        on
            facts.entity_id = earlier.entity_id
            and facts.line = earlier.line
            and facts.month = {{ add_months('earlier.month', 3) }}
)

select
    entity_id,
    month,
    period_end,
    {% for line in peer_flows() + peer_stocks() %}
        cast(max(case when line = '{{ line }}' then value end) as decimal(20, 2)) as {{ line }}
        {%- if not loop.last %},{% endif %}
    {% endfor %}
from quarters
group by entity_id, month, period_end
