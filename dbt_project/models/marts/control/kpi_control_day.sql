-- Deliveries on the business date they speak of; breaks of the ledger on the day they are in.
with refused as (
    select
        version_id,
        sum(rows) as rows_quarantined
    from {{ source('raw', 'quarantine_count') }}
    group by version_id
),

parts as (
    select
        batches.business_date as date_day,
        batches.source,
        batches.table_name,
        1 as deliveries,
        batches.rows_delivered,
        batches.rows_loaded,
        coalesce(refused.rows_quarantined, 0) as rows_quarantined,
        case when batches.table_name = 'gl_balance' then 0 end as trial_balance_breaks,
        case when batches.table_name = 'gl_balance' then cast(0 as decimal(24, 2)) end as subledger_break
    from {{ ref('stg_batch') }} as batches
    left join refused
        on batches.version_id = refused.version_id
    union all
    select
        balance_date as date_day,
        source,
        'gl_balance' as table_name,
        0 as deliveries,
        0 as rows_delivered,
        0 as rows_loaded,
        0 as rows_quarantined,
        1 as trial_balance_breaks,
        cast(0 as decimal(24, 2)) as subledger_break
    from {{ ref('int_trial_balance_summed') }}
    where difference <> 0
    union all
    select
        compared.month_end as date_day,
        sources.source,
        'gl_balance' as table_name,
        0 as deliveries,
        0 as rows_delivered,
        0 as rows_loaded,
        0 as rows_quarantined,
        0 as trial_balance_breaks,
        abs(compared.difference) as subledger_break
    from {{ ref('int_subledger_compared') }} as compared
    cross join (select min(source) as source from {{ ref('int_trial_balance_summed') }}) as sources
    where compared.difference <> 0
)

select
    date_day,
    source,
    table_name,
    cast(sum(deliveries) as bigint) as deliveries,
    cast(sum(rows_delivered) as bigint) as rows_delivered,
    cast(sum(rows_loaded) as bigint) as rows_loaded,
    cast(sum(rows_quarantined) as bigint) as rows_quarantined,
    cast(sum(trial_balance_breaks) as bigint) as trial_balance_breaks,
    cast(sum(subledger_break) as decimal(24, 2)) as subledger_break
from parts
group by date_day, source, table_name
