-- Five daily series of the whole bank, every calendar day from the first month on.
with days as (
    select
        spine.day as date_day,
        months.month
    from {{ ref('int_month_spined') }} as months
    cross join lateral {{ date_spine('months.month', 'months.month_end', 'day') }}
),

products as (
    select
        product_id,
        product_family in ('current', 'savings', 'term') as is_deposit
    from {{ ref('stg_product') }}
),

daily as (
    select
        kpis.date_day,
        sum(kpis.txn_volume) as txn_volume,
        sum(kpis.txn_value) as txn_value,
        sum(kpis.customer_txn_volume) as customer_txn_volume,
        sum(
            case
                when kpis.channel in ('card_pos', 'card_ecom') and kpis.credit_debit_indicator = 'DBIT'
                    then kpis.txn_value
                else 0
            end
        ) as card_spend,
        sum(
            case
                when not coalesce(products.is_deposit, true) then 0
                when kpis.credit_debit_indicator = 'CRDT' then kpis.txn_value
                else -kpis.txn_value
            end
        ) as deposit_flow
    from {{ ref('kpi_transactions_day') }} as kpis
    left join products
        on kpis.product_id = products.product_id
    group by kpis.date_day
),

deposits as (
    select
        accounts.month,
        sum(accounts.balance_reporting) as closing
    from {{ ref('fct_account_month') }} as accounts
    left join products
        on accounts.product_id = products.product_id
    where coalesce(products.is_deposit, true)
    group by accounts.month
),

filled as (
    select
        days.date_day,
        coalesce(daily.txn_volume, 0) as txn_volume,
        coalesce(daily.txn_value, 0) as txn_value,
        coalesce(daily.customer_txn_volume, 0) as customer_txn_volume,
        coalesce(daily.card_spend, 0) as card_spend,
        -- a day's balance is the month's closing without what moved after the day
        deposits.closing - coalesce(
            sum(daily.deposit_flow) over (
                partition by days.month order by days.date_day asc nulls last
                rows between 1 following and unbounded following
            ),
            0
        ) as deposit_balance
    from days
    left join daily
        on days.date_day = daily.date_day
    left join deposits
        on days.month = deposits.month
)

{% for metric in ['txn_volume', 'txn_value', 'card_spend', 'deposit_balance', 'customer_txn_volume'] %}
    select
        '{{ metric }}' as metric_id,
        date_day,
        cast({{ metric }} as double) as value
    from filled
    where {{ metric }} is not null
    {% if not loop.last %}union all{% endif %}
{% endfor %}
