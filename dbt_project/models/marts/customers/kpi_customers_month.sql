with months as (
    select
        month,
        min(month) over () as first_month,
        max(month) over () as last_month
    from {{ ref('int_month_spined') }}
),

parts as (
    select
        month,
        branch_id,
        segment_code,
        region_id,
        age_band,
        case when is_customer then 1 else 0 end as customers,
        case when is_active then 1 else 0 end as customers_active,
        case when is_new then 1 else 0 end as customers_new,
        case when is_lost then 1 else 0 end as customers_lost,
        case when is_primary then 1 else 0 end as customers_primary,
        case when is_active then product_families else 0 end as product_families_held,
        0 as customers_year_ago,
        0 as customers_kept,
        0 as deposits_year_ago,
        0 as deposits_kept
    from {{ ref('int_customer_combined') }}
    union all
    -- customers of a year ago, in the place that they had then, and what is left of them
    select
        {{ add_months('earlier.month', 12) }} as month,
        earlier.branch_id,
        earlier.segment_code,
        earlier.region_id,
        earlier.age_band,
        0 as customers,
        0 as customers_active,
        0 as customers_new,
        0 as customers_lost,
        0 as customers_primary,
        0 as product_families_held,
        1 as customers_year_ago,
        case when now.is_customer then 1 else 0 end as customers_kept,
        earlier.deposit_balance as deposits_year_ago,
        coalesce(now.deposit_balance, 0) as deposits_kept
    from {{ ref('int_customer_combined') }} as earlier
    left join {{ ref('int_customer_combined') }} as now
        on
            earlier.customer_id = now.customer_id
            and now.month = {{ add_months('earlier.month', 12) }}
    where
        earlier.is_customer
        and {{ add_months('earlier.month', 12) }} <= (select max(months.last_month) from months)
),

monthly as (
    select
        month,
        branch_id,
        segment_code,
        region_id,
        age_band,
        sum(customers) as customers,
        sum(customers_active) as customers_active,
        sum(customers_new) as customers_new,
        sum(customers_lost) as customers_lost,
        sum(customers_primary) as customers_primary,
        sum(product_families_held) as product_families_held,
        sum(customers_year_ago) as customers_year_ago,
        sum(customers_kept) as customers_kept,
        sum(deposits_year_ago) as deposits_year_ago,
        sum(deposits_kept) as deposits_kept
    from parts
    group by month, branch_id, segment_code, region_id, age_band
),

-- Each month counts in the twelve windows of a year that it is in. In the first month nobody can be seen
-- leaving, so a year of losses is known from the thirteenth on.
yearly as (
    select
        months.month,
        monthly.branch_id,
        monthly.segment_code,
        monthly.region_id,
        monthly.age_band,
        sum(monthly.customers) as customer_months_12m,
        sum(monthly.customers_lost) as customers_lost_12m
    from monthly
    inner join months
        on
            months.month between monthly.month and {{ add_months('monthly.month', 11) }}
            and months.month >= {{ add_months('months.first_month', 12) }}
    group by months.month, monthly.branch_id, monthly.segment_code, monthly.region_id, monthly.age_band
)

select
    coalesce(monthly.month, yearly.month) as month,
    coalesce(monthly.branch_id, yearly.branch_id) as branch_id,
    coalesce(monthly.segment_code, yearly.segment_code) as segment_code,
    coalesce(monthly.region_id, yearly.region_id) as region_id,
    coalesce(monthly.age_band, yearly.age_band) as age_band,
    {{ month_end('coalesce(monthly.month, yearly.month)') }} as month_end,
    cast(coalesce(monthly.customers, 0) as bigint) as customers,
    cast(coalesce(monthly.customers_active, 0) as bigint) as customers_active,
    cast(coalesce(monthly.customers_new, 0) as bigint) as customers_new,
    cast(coalesce(monthly.customers_lost, 0) as bigint) as customers_lost,
    cast(coalesce(monthly.customers_primary, 0) as bigint) as customers_primary,
    cast(coalesce(monthly.product_families_held, 0) as bigint) as product_families_held,
    cast(coalesce(monthly.customers_year_ago, 0) as bigint) as customers_year_ago,
    cast(coalesce(monthly.customers_kept, 0) as bigint) as customers_kept,
    cast(coalesce(monthly.deposits_year_ago, 0) as decimal(24, 2)) as deposits_year_ago,
    cast(coalesce(monthly.deposits_kept, 0) as decimal(24, 2)) as deposits_kept,
    cast(coalesce(yearly.customer_months_12m, 0) as bigint) as customer_months_12m,
    cast(coalesce(yearly.customers_lost_12m, 0) as bigint) as customers_lost_12m
from monthly
full outer join yearly
    on
        monthly.month = yearly.month
        and monthly.branch_id = yearly.branch_id
        and monthly.segment_code = yearly.segment_code
        and monthly.region_id = yearly.region_id
        and monthly.age_band = yearly.age_band
