{{ config(materialized='table', event_time='month') }}

-- The price of funds of products without a contractual maturity: the curve at the product's behavioural life,
-- averaged over that life up to the month's end. A portfolio replicated by equal slices earns that average.
with products as (
    select
        product_id,
        behavioural_life_months as life_months,
        {{ tenor_days('behavioural_life_months') }} as tenor_days
    from {{ ref('stg_product') }}
    where ftp_method = 'behavioural' and behavioural_life_months > 0
),

monthly as (
    select
        products.product_id,
        products.life_months,
        curve.currency_code,
        {{ month_start('curve.curve_date') }} as month,
        count(*) as days,
        sum({{ interpolated('curve', 'products.tenor_days') }}) as rates
    from {{ ref('int_curve_segmented') }} as curve
    inner join products
        on
            curve.curve_use = 'funds'
            and products.tenor_days >= curve.tenor_from
            and products.tenor_days < curve.tenor_to
    group by
        products.product_id, products.life_months, curve.currency_code, {{ month_start('curve.curve_date') }}
)

select
    months.month,
    monthly.product_id,
    monthly.currency_code,
    cast(cast(sum(monthly.rates) as double) / nullif(sum(monthly.days), 0) as decimal(12, 9)) as ftp_rate
from {{ ref('int_month_spined') }} as months
inner join monthly
    on
        monthly.month <= months.month
        and {{ add_months('monthly.month', 'monthly.life_months') }} > months.month
group by months.month, monthly.product_id, monthly.currency_code
