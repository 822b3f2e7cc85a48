select
    month,
    branch_id,
    product_id,
    segment_code,
    currency_code,
    statement_frequency,
    cast(sum(case when is_open then 1 else 0 end) as bigint) as accounts_open,
    cast(sum(case when is_dormant then 1 else 0 end) as bigint) as accounts_dormant,
    cast(sum(case when is_open and not is_dormant then 1 else 0 end) as bigint) as accounts_active,
    cast(sum(case when is_opened then 1 else 0 end) as bigint) as accounts_opened,
    cast(sum(case when is_closed then 1 else 0 end) as bigint) as accounts_closed,
    cast(sum(case when is_balance_flight then 1 else 0 end) as bigint) as accounts_in_flight,
    cast(sum(greatest(balance_reporting, 0)) as decimal(24, 2)) as deposit_balance
from {{ ref('fct_account_month') }}
group by month, branch_id, product_id, segment_code, currency_code, statement_frequency
