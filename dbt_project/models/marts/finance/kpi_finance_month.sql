-- Income statement and balance sheet, with the balances of a year before beside them.
with statements as (
    select summed.*
    from {{ ref('int_finance_summed') }} as summed
    inner join {{ ref('int_month_spined') }} as months
        on summed.month = months.month
),

-- A branch that is gone still counts in what was there a year before.
places as (
    select
        month,
        branch_id
    from statements
    union
    select
        months.month,
        statements.branch_id
    from statements
    inner join {{ ref('int_month_spined') }} as months
        on {{ add_months('statements.month', 12) }} = months.month
),

history as (
    select min(month) as first_month
    from statements
)

select
    places.month,
    places.branch_id,
    {{ month_end('places.month') }} as month_end,
    cast(extract(day from {{ month_end('places.month') }}) as integer) as days,
    {% for flow in finance_flows() %}
        cast(coalesce(statements.{{ flow }}, 0) as decimal(20, 2)) as {{ flow }},
    {% endfor %}
    {% for stock in finance_stocks() %}
        cast(coalesce(statements.{{ stock }}, 0) as decimal(20, 2)) as {{ stock }},
    {% endfor %}
    {% for stock in finance_averaged() %}
        cast(coalesce(statements.{{ stock }}_days, 0) as decimal(26, 2)) as {{ stock }}_days,
    {% endfor %}
    {% for stock in ['total_assets', 'net_loans', 'total_deposits'] %}
        cast(
            case
                when places.month >= {{ add_months('history.first_month', 12) }}
                    then coalesce(earlier.{{ stock }}, 0)
            end as decimal(20, 2)
        ) as {{ stock }}_last_year{% if not loop.last %},{% endif %}
    {% endfor %}
from places
cross join history
left join statements
    on
        places.month = statements.month
        and places.branch_id = statements.branch_id
left join statements as earlier
    on
        places.month = {{ add_months('earlier.month', 12) }}
        and places.branch_id = earlier.branch_id
