-- Everything in the books that does not reconcile. While one row stands here, no figure is final.
with untranslated as (
    {% for table_name, fact, amount, is_untranslated in [
        ('transaction', ref('fct_transaction'), 'amount', 'amount_reporting is null'),
        ('account', ref('fct_account_month'), 'balance', 'balance_reporting is null'),
        ('loan', ref('fct_loan_month'), 'balance', 'balance_reporting is null'),
        (
            'gl_balance', ref('fct_gl_month'), 'abs(closing) + debit + credit',
            'closing_reporting is null or flow_reporting is null or balance_days_reporting is null',
        ),
    ] %}
        select
            '{{ table_name }}' as table_name,
            {{ month_end('month') }} as date_day,
            currency_code,
            sum(abs({{ amount }})) as amount
        from {{ fact }}
        where {{ is_untranslated }}
        group by month, currency_code
        having sum(abs({{ amount }})) > 0
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

unmapped as (
    select
        facts.month_end as date_day,
        facts.ledger_code,
        facts.currency_code,
        sum(facts.closing) as closing
    from {{ ref('fct_gl_month') }} as facts
    where
        not exists (
            select 1
            from {{ ref('kpi_line_rollup') }} as rollup
            where rollup.kpi_line = facts.kpi_line
        )
    group by facts.month_end, facts.ledger_code, facts.currency_code
    having sum(abs(facts.closing) + facts.debit + facts.credit) > 0
),

breaks as (
    select
        'trial_balance' as kind,
        'ledger' as rhythm,
        'gl_balance' as table_name,
        balance_date as date_day,
        cast(null as varchar) as ledger_code,
        cast(null as varchar) as cost_center_code,
        currency_code,
        0 as expected,
        difference as found
    from {{ ref('int_trial_balance_summed') }}
    where difference <> 0
    union all
    select
        'movement' as kind,
        'ledger' as rhythm,
        'gl_balance' as table_name,
        balance_date as date_day,
        ledger_code,
        cost_center_code,
        currency_code,
        closing_expected as expected,
        closing as found
    from {{ ref('int_ledger_followed') }}
    where closing <> closing_expected
    union all
    select
        'opening' as kind,
        'ledger' as rhythm,
        'gl_balance' as table_name,
        balance_date as date_day,
        ledger_code,
        cost_center_code,
        currency_code,
        opening_expected as expected,
        opening as found
    from {{ ref('int_ledger_followed') }}
    where opening <> opening_expected
    union all
    select
        'subledger' as kind,
        ledger_code || ' ' || currency_code as rhythm,
        'gl_balance' as table_name,
        balance_date as date_day,
        ledger_code,
        null as cost_center_code,
        currency_code,
        ledger_balance as expected,
        subledger_balance as found
    from {{ ref('int_subledger_compared') }}
    where difference <> 0
    union all
    select
        'kpi_line' as kind,
        'month' as rhythm,
        'gl_account' as table_name,
        date_day,
        ledger_code,
        null as cost_center_code,
        currency_code,
        0 as expected,
        closing as found
    from unmapped
    union all
    select
        'exchange_rate' as kind,
        'month' as rhythm,
        table_name,
        date_day,
        null as ledger_code,
        null as cost_center_code,
        currency_code,
        0 as expected,
        amount as found
    from untranslated
),

-- On which days a break could have been seen: one that is there on each of them is one break that stays open.
looked_at as (
    select distinct
        'ledger' as rhythm,
        balance_date as date_day
    from {{ ref('int_trial_balance_summed') }}
    union all
    select
        ledger_code || ' ' || currency_code as rhythm,
        balance_date as date_day
    from {{ ref('int_subledger_compared') }}
    union all
    select
        'month' as rhythm,
        month_end as date_day
    from {{ ref('int_month_spined') }}
),

positions as (
    select
        rhythm,
        date_day,
        row_number() over (partition by rhythm order by date_day asc nulls last) as position
    from looked_at
    group by rhythm, date_day
),

runs as (
    select
        breaks.*,
        positions.position - row_number() over (
            partition by
                breaks.kind,
                breaks.table_name,
                breaks.ledger_code,
                breaks.cost_center_code,
                breaks.currency_code
            order by breaks.date_day asc nulls last
        ) as run
    from breaks
    inner join positions
        on
            breaks.rhythm = positions.rhythm
            and breaks.date_day = positions.date_day
),

followed as (
    select
        *,
        min(date_day) over (
            partition by kind, table_name, ledger_code, cost_center_code, currency_code, run
        ) as first_date
    from runs
),

sources as (
    select
        table_name,
        min(source) as source
    from {{ ref('stg_batch') }}
    group by table_name
),

branches as (
    select
        cost_center_code,
        min(branch_id) as branch_id
    from {{ ref('stg_branch') }}
    where is_latest
    group by cost_center_code
)

select
    followed.kind
    || '/' || followed.table_name
    || '/' || cast(followed.date_day as varchar)
    || '/' || coalesce(followed.ledger_code, '-')
    || '/' || coalesce(followed.cost_center_code, '-')
    || '/' || followed.currency_code as break_id,
    followed.kind,
    followed.date_day,
    sources.source,
    followed.table_name,
    followed.ledger_code,
    followed.cost_center_code,
    branches.branch_id,
    followed.currency_code,
    cast(followed.expected as decimal(24, 2)) as expected,
    cast(followed.found as decimal(24, 2)) as found,
    cast(followed.found - followed.expected as decimal(24, 2)) as difference,
    {{ translated('followed.found - followed.expected', 'rates.rate') }} as difference_reporting,
    followed.first_date,
    cast({{ days_between('followed.first_date', 'observed.last_day') }} as integer) as age_days
from followed
cross join (select max(month_end) as last_day from {{ ref('int_month_spined') }}) as observed
left join sources
    on followed.table_name = sources.table_name
left join branches
    on followed.cost_center_code = branches.cost_center_code
left join {{ ref('int_currency_rated') }} as rates
    on
        followed.date_day = rates.date_day
        and followed.currency_code = rates.currency_code
