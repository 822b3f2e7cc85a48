-- Losses that the present book will bring when it goes on rolling as in the last months (OCC, Retail Lending
-- Examination Procedures, appendix G, steps 1 to 3). A bucket's loss factor is the product of its own roll
-- rate and those of all worse ones; from 120 days past due on, when closed-end loans are charged off, all is
-- lost. Where a product had nothing in a bucket in these months, the whole bank's roll rate counts.
{% set window = var('roll_months') %}

with buckets as (
    select
        month,
        product_id,
        dpd_bucket,
        {{ bucket_order('dpd_bucket') }} as place,
        sum(balance) as balance,
        sum(balance_before) as balance_before,
        sum(balance_rolled) as balance_rolled
    from {{ ref('kpi_credit_bucket_month') }}
    group by month, product_id, dpd_bucket
),

-- the first month that is preceded by as many rolls
months as (
    select month
    from {{ ref('int_month_spined') }}
    where month >= {{ add_months('(select min(month) from ' ~ ref('int_month_spined') ~ ')', window) }}
),

windows as (
    select
        months.month,
        buckets.product_id,
        buckets.place,
        sum(buckets.balance_before) as balance_before,
        sum(buckets.balance_rolled) as balance_rolled
    from months
    inner join buckets
        on buckets.month between {{ add_months('months.month', 1 - window) }} and months.month
    group by months.month, buckets.product_id, buckets.place
),

totals as (
    select
        month,
        place,
        sum(balance_before) as balance_before,
        sum(balance_rolled) as balance_rolled
    from windows
    group by month, place
),

pools as (
    select distinct
        month,
        product_id
    from windows
),

rolls as (
    select
        pools.month,
        pools.product_id,
        totals.place,
        case
            when windows.balance_before > 0
                then cast(windows.balance_rolled as double) / windows.balance_before
            else cast(totals.balance_rolled as double) / nullif(totals.balance_before, 0)
        end as roll_rate
    from pools
    inner join totals
        on pools.month = totals.month
    left join windows
        on
            pools.month = windows.month
            and pools.product_id = windows.product_id
            and totals.place = windows.place
),

chains as (
    select
        month,
        product_id,
        {% for place in range(5) %}
            max(case when place = {{ place }} then roll_rate end) as roll_{{ place }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from rolls
    group by month, product_id
),

factors as (
    select
        buckets.month,
        buckets.product_id,
        buckets.dpd_bucket,
        buckets.balance,
        case buckets.place
            {% for place in range(5) %}
                when {{ place }} then {{ loss_factor(place) }}
            {% endfor %}
            when 5 then 1
            when 6 then 1
        end as loss_factor
    from buckets
    inner join chains
        on
            buckets.month = chains.month
            and buckets.product_id = chains.product_id
    where buckets.balance > 0
)

select
    month,
    product_id,
    dpd_bucket,
    cast(balance as decimal(24, 2)) as balance,
    cast(loss_factor as double) as loss_factor,
    cast(balance * loss_factor as decimal(24, 2)) as loss
from factors
