-- Numerators and denominators of every ratio that annualises or averages, on each of the four bases.
with branches as (
    select distinct branch_id
    from {{ ref('int_finance_summed') }}
),

-- A branch without ledger balances in a month has none: every month counts for every branch.
statements as (
    select
        months.month as source_month,
        branches.branch_id,
        {% for flow in finance_annualised() %}
            coalesce(summed.{{ flow }}, 0) as {{ flow }},
        {% endfor %}
        {% for stock in finance_averaged() %}
            coalesce(summed.{{ stock }}, 0) as {{ stock }},
            coalesce(summed.{{ stock }}_days, 0) as {{ stock }}_days{% if not loop.last %},{% endif %}
        {% endfor %}
    from (select distinct month from {{ ref('int_finance_summed') }}) as months
    cross join branches
    left join {{ ref('int_finance_summed') }} as summed
        on
            months.month = summed.month
            and branches.branch_id = summed.branch_id
),

measured as (
    select
        weights.month,
        statements.branch_id,
        weights.basis,
        {% for flow in finance_annualised() %}
            {{ annualised('statements.' ~ flow) }} as {{ flow }}_annual,
        {% endfor %}
        {% for stock in finance_averaged() %}
            {{ averaged('statements.' ~ stock, 'statements.' ~ stock ~ '_days') }} as {{ stock }}_average
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from statements
    inner join {{ ref('int_basis_weighted') }} as weights
        on statements.source_month = weights.source_month
    group by weights.month, statements.branch_id, weights.basis
    having count(*) = min(weights.sources)
),

-- The FDIC shows no return on equity while retained earnings are negative.
retained as (
    select
        month,
        sum(retained_earnings) as retained_earnings
    from {{ ref('int_finance_summed') }}
    group by month
)

select
    measured.month,
    measured.branch_id,
    measured.basis,
    {% for flow in finance_annualised() %}
        measured.{{ flow }}_annual,
    {% endfor %}
    {% for stock in finance_averaged() %}
        measured.{{ stock }}_average,
    {% endfor %}
    cast(
        case when retained.retained_earnings >= 0 then measured.total_equity_average else 0 end
        as decimal(28, 6)
    ) as return_equity_average
from measured
inner join retained
    on measured.month = retained.month
