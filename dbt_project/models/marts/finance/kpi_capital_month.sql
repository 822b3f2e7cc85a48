-- Capital and liquidity as the bank reports them, at the ends of the periods that it reports.
with facts as (
    select
        {{ month_start('facts.period_end') }} as month,
        facts.concept,
        facts.value
    from {{ ref('stg_financial_fact') }} as facts
    left join {{ ref('stg_peer_entity') }} as peers
        on facts.entity_id = peers.entity_id
    where
        peers.entity_id is null
        and facts.taxonomy = 'house'
        and not facts.is_ytd
),

reported as (
    select
        month,
        {% for concept in capital_concepts() %}
            cast(max(case when concept = '{{ concept }}' then value end) as decimal(20, 2)) as {{ concept }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from facts
    group by month
),

-- The quarter's daily balances, for their average as schedule RC-K has it.
quarters as (
    select
        reported.month,
        count(distinct statements.month) as months_found,
        {{ days_between(quarter_start('reported.month'), add_months('reported.month', 1)) }} as days,
        sum(statements.total_assets_days) as total_assets_days
    from reported
    inner join {{ ref('kpi_finance_month') }} as statements
        on statements.month between {{ quarter_start('reported.month') }} and reported.month
    group by reported.month
),

averages as (
    select
        month,
        cast(
            case
                -- every month of the quarter so far is there
                when months_found = (extract(month from month) - 1) % 3 + 1
                    then cast(total_assets_days as double) / nullif(days, 0)
            end as decimal(20, 2)
        ) as total_assets_average
    from quarters
)

select
    reported.month,
    {% for concept in capital_concepts() %}
        reported.{{ concept }},
    {% endfor %}
    averages.total_assets_average,
    cast(
        averages.total_assets_average - coalesce(reported.ineligible_intangibles, 0) as decimal(20, 2)
    ) as leverage_assets
from reported
inner join {{ ref('int_month_spined') }} as months
    on reported.month = months.month
left join averages
    on reported.month = averages.month
