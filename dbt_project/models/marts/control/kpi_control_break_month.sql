-- Breaks by month and kind: also the months in which there is none, as soon as there is a ledger.
with last_of_month as (
    select
        *,
        {{ month_start('date_day') }} as month,
        row_number() over (
            partition by
                kind, table_name, ledger_code, cost_center_code, currency_code, {{ month_start('date_day') }}
            order by date_day desc, break_id desc
        ) as recency
    from {{ ref('fct_recon_break') }}
),

parts as (
    select
        month,
        kind,
        source,
        1 as breaks,
        case when recency = 1 then abs(difference_reporting) else 0 end as amount,
        {{ days_between('first_date', month_end('month')) }} as age_days
    from last_of_month
    union all
    select
        ledger.month,
        kinds.kind,
        ledger.source,
        0 as breaks,
        0 as amount,
        0 as age_days
    from (
        select distinct
            {{ month_start('balance_date') }} as month,
            source
        from {{ ref('int_trial_balance_summed') }}
    ) as ledger
    cross join (
        {% for kind in break_kinds() %}
            select '{{ kind }}' as kind
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ) as kinds
)

select
    month,
    kind,
    source,
    cast(sum(breaks) as bigint) as breaks,
    cast(sum(amount) as decimal(24, 2)) as amount,
    cast(max(age_days) as integer) as oldest_age_days
from parts
group by month, kind, source
