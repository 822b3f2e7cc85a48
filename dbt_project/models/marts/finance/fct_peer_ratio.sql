-- Peers on the bank's own definitions where their reports hold the parts, beside what their authority
-- publishes.
with measured as (
    select
        peers.entity_id,
        weights.month,
        weights.basis,
        {% for flow in peer_flows() %}
            {{ annualised('peers.' ~ flow) }} as {{ flow }},
        {% endfor %}
        {% for stock in ['total_assets', 'earning_assets', 'gross_loans', 'total_equity'] %}
            {{ averaged('peers.' ~ stock, none) }} as {{ stock }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_peer_summed') }} as peers
    inner join {{ ref('int_basis_weighted') }} as weights
        on peers.month = weights.source_month
    where weights.basis in ('fdic_ytd', 'fdic_qtr')
    group by peers.entity_id, weights.month, weights.basis
    -- every quarter-end that is averaged has its report
    having sum(weights.closing_weight) = min(weights.base_divisor)
),

-- A ratio that neither annualises nor averages is the same on each.
bases as (
    select 'fdic_ytd' as basis
    union all
    select 'fdic_qtr' as basis
),

positions as (
    select
        now.*,
        bases.basis,
        earlier.total_assets as total_assets_last_year,
        earlier.net_loans as net_loans_last_year,
        earlier.total_deposits as total_deposits_last_year
    from {{ ref('int_peer_summed') }} as now
    cross join bases
    left join {{ ref('int_peer_summed') }} as earlier
        on
            now.entity_id = earlier.entity_id
            and now.month = {{ add_months('earlier.month', 12) }}
),

computed as (
    {% for rows, metric, above, below in [
        ('measured', 'roa', 'net_profit', 'total_assets'),
        ('measured', 'roe', 'net_profit', 'total_equity'),
        ('measured', 'nim', 'net_interest_income', 'earning_assets'),
        ('measured', 'yield_earning_assets', 'interest_income', 'earning_assets'),
        ('measured', 'cost_funding_earning_assets', 'interest_expense', 'earning_assets'),
        ('measured', 'nonint_income_ratio', 'nonint_income', 'total_assets'),
        ('measured', 'nonint_expense_ratio', 'nonint_expense', 'total_assets'),
        ('measured', 'provision_ratio', 'provision_expense', 'total_assets'),
        ('measured', 'cost_of_risk', 'provision_expense', 'gross_loans'),
        ('measured', 'nco_rate', 'net_charge_offs', 'gross_loans'),
        ('positions', 'equity_to_assets', 'total_equity', 'total_assets'),
        ('positions', 'loan_to_deposit', 'net_loans', 'total_deposits'),
        ('positions', 'allowance_to_loans', 'allowance', 'gross_loans'),
        ('positions', 'noncurrent_ratio', 'noncurrent', 'gross_loans'),
        ('positions', 'allowance_to_noncurrent', 'allowance', 'noncurrent'),
        ('positions', 'asset_growth_yoy', 'total_assets - total_assets_last_year', 'total_assets_last_year'),
        ('positions', 'loan_growth_yoy', 'net_loans - net_loans_last_year', 'net_loans_last_year'),
        ('positions', 'deposit_growth_yoy', 'total_deposits - total_deposits_last_year', 'total_deposits_last_year'),
    ] %}
        select
            entity_id,
            month,
            '{{ metric }}' as metric_id,
            basis,
            cast({{ above }} as double) as numerator,
            cast({{ below }} as double) as denominator
        from {{ rows }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

published as (
    select
        facts.entity_id,
        {{ month_start('facts.period_end') }} as month,
        metrics.metric_id,
        bases.basis,
        max(cast(facts.value as double)) / 100 as published
    from {{ ref('stg_financial_fact') }} as facts
    inner join {{ ref('fdic_ratio_metric') }} as metrics
        on facts.concept = metrics.concept
    inner join bases
        on coalesce(metrics.basis, bases.basis) = bases.basis
    where facts.taxonomy = 'fdic'
    group by facts.entity_id, {{ month_start('facts.period_end') }}, metrics.metric_id, bases.basis
),

ratios as (
    select
        coalesce(computed.entity_id, published.entity_id) as entity_id,
        coalesce(computed.month, published.month) as month,
        coalesce(computed.metric_id, published.metric_id) as metric_id,
        coalesce(computed.basis, published.basis) as basis,
        -- as the FDIC does: not defined over nothing or less
        case when computed.denominator > 0 then computed.numerator / computed.denominator end as computed,
        published.published
    from computed
    full join published
        on
            computed.entity_id = published.entity_id
            and computed.month = published.month
            and computed.metric_id = published.metric_id
            and computed.basis = published.basis
),

sizes as (
    select
        entity_id,
        month,
        {{ size_group('total_assets') }} as size_group
    from {{ ref('int_peer_summed') }}
),

-- Quarter-ends with a merger in the year up to them.
merged_years as (
    select distinct
        peers.entity_id,
        peers.month
    from {{ ref('int_peer_summed') }} as peers
    inner join {{ ref('int_peer_merged') }} as mergers
        on
            peers.entity_id = mergers.entity_id
            and mergers.merger_date <= peers.period_end
            and extract(year from mergers.merger_date) = extract(year from peers.period_end)
)

select
    ratios.entity_id,
    peers.entity_name,
    {{ month_end('ratios.month') }} as period_end,
    ratios.metric_id,
    ratios.basis,
    coalesce(sizes.size_group, 'unknown') as size_group,
    coalesce(ratios.computed, ratios.published) as value,
    ratios.published,
    case when ratios.computed is not null then 'computed' else 'published' end as value_source,
    -- what was earned or grew across a merger does not compare; marked, never repaired
    case
        when peers.merger_events is null then 'unknown'
        when mergers.entity_id is not null then 'merger'
        else 'comparable'
    end as comparability
from ratios
inner join {{ ref('stg_peer_entity') }} as peers
    on ratios.entity_id = peers.entity_id
left join sizes
    on
        ratios.entity_id = sizes.entity_id
        and ratios.month = sizes.month
left join merged_years as mergers
    on
        ratios.entity_id = mergers.entity_id
        and ratios.month = mergers.month
where coalesce(ratios.computed, ratios.published) is not null
