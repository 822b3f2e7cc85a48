{{ config(meta={'dagster': {'ref': {'name': 'kpi_transactions_day'}}}) }}

-- What the transactions' figures say flowed into accounts is what the accounts' figures say, per month.
with flows as (
    select
        {{ month_start('date_day') }} as month,
        sum(case when credit_debit_indicator = 'CRDT' then txn_value else -txn_value end) as net_flow
    from {{ ref('kpi_transactions_day') }}
    where product_id <> 'unknown'
    group by {{ month_start('date_day') }}
),

accounts as (
    select
        facts.month,
        sum(facts.credits_reporting - facts.debits_reporting) as net_flow
    from {{ ref('fct_account_month') }} as facts
    where facts.product_id <> 'unknown'
    group by facts.month
)

select
    accounts.month,
    accounts.net_flow,
    flows.net_flow as net_flow_of_transactions
from accounts
left join flows
    on accounts.month = flows.month
where accounts.net_flow <> coalesce(flows.net_flow, 0)
