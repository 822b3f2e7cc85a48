{% set families = product_families() %}

-- Who holds what: a row for every family that anybody holds in the month, so that each has all active
-- customers of its place below it.
with places as (
    select
        month,
        branch_id,
        segment_code,
        region_id,
        age_band,
        sum(case when is_active then 1 else 0 end) as customers_active,
        {% for family in families %}
            sum(case when is_active and holds_{{ family }} then 1 else 0 end) as active_{{ family }},
            sum(case when holds_{{ family }} then 1 else 0 end) as holders_{{ family }},
            sum(case when lost_{{ family }} then 1 else 0 end) as lost_{{ family }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_customer_combined') }}
    group by month, branch_id, segment_code, region_id, age_band
),

held as (
    {% for family in families %}
        select
            month,
            branch_id,
            segment_code,
            region_id,
            age_band,
            '{{ family }}' as product_family,
            customers_active,
            active_{{ family }} as customers_holding,
            lost_{{ family }} as products_lost,
            sum(holders_{{ family }} + lost_{{ family }}) over (partition by month) as holders_anywhere
        from places
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    month,
    branch_id,
    segment_code,
    region_id,
    age_band,
    product_family,
    cast(customers_active as bigint) as customers_active,
    cast(customers_holding as bigint) as customers_holding,
    cast(products_lost as bigint) as products_lost
from held
where holders_anywhere > 0
