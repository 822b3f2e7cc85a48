-- Customers of a campaign by the arm they were put in and the month of their first contact; restated as
-- outcomes arrive.
with customers as (
    select
        campaign_id,
        customer_id,
        {{ month_start('min(contacted_at)') }} as month,
        min(product_id) as product_id,
        max(case when arm = 'treated' then 1 else 0 end) as treated,
        max(case when {{ is_conversion('outcome') }} then 1 else 0 end) as converted,
        sum(cost) as cost
    from {{ ref('stg_contact') }}
    group by campaign_id, customer_id
)

select
    month,
    campaign_id,
    {{ known('product_id') }} as product_id,
    cast(sum(treated) as bigint) as customers_treated,
    cast(sum(treated * converted) as bigint) as treated_converted,
    cast(sum(1 - treated) as bigint) as customers_control,
    cast(sum((1 - treated) * converted) as bigint) as control_converted,
    cast(coalesce(sum(cost), 0) as decimal(24, 2)) as campaign_cost
from customers
group by month, campaign_id, {{ known('product_id') }}
