-- What the customers of a quarter's end are worth: the profit of their last twelve months, year after year,
-- as likely as customers of their segment stayed in the last twelve, discounted by the curve of that day.
with history as (
    select {{ add_months('min(month)', 11) }} as first_full_month
    from {{ ref('int_month_spined') }}
),

ends as (
    select
        months.month,
        months.month_end
    from {{ ref('int_month_spined') }} as months
    inner join history
        on months.month >= history.first_full_month
    where extract(month from months.month) in (3, 6, 9, 12)
),

profits as (
    select
        ends.month,
        facts.customer_id,
        sum(
            coalesce(facts.ftp_margin, 0) + coalesce(facts.fees, 0) - coalesce(facts.direct_cost, 0)
            - coalesce(facts.allocated_cost, 0) - coalesce(facts.expected_loss, 0)
        ) as yearly_profit
    from ends
    inner join {{ ref('fct_profit_month') }} as facts
        on facts.month between {{ add_months('ends.month', -11) }} and ends.month
    group by ends.month, facts.customer_id
),

retentions as (
    select
        ends.month,
        customers.segment_code,
        greatest(
            1 - cast(sum(customers.customers_lost) as double) * 12 / nullif(sum(customers.customers), 0), 0
        ) as retention
    from ends
    inner join {{ ref('kpi_customers_month') }} as customers
        on customers.month between {{ add_months('ends.month', -11) }} and ends.month
    group by ends.month, customers.segment_code
),

years as (
    {% for year in range(1, var('customer_value_years') + 1) %}
        select {{ year }} as number
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- The curve of the day, or the last one before it.
factors as (
    select
        ends.month,
        years.number,
        power(1 + cast({{ interpolated('curve', '365 * years.number') }} as double), -years.number) as factor
    from ends
    cross join years
    inner join {{ ref('int_curve_segmented') }} as curve
        on
            curve.curve_use = 'discount'
            and ends.month_end >= curve.valid_from
            and ends.month_end < curve.valid_to
            and 365 * years.number >= curve.tenor_from
            and 365 * years.number < curve.tenor_to
    inner join (
        select distinct currency_code
        from {{ ref('int_currency_rated') }}
        where is_reporting
    ) as reporting
        on curve.currency_code = reporting.currency_code
),

annuities as (
    select
        retentions.month,
        retentions.segment_code,
        retentions.retention,
        -- added from the first year on, so that the last digit is always the same
        {% for year in range(1, var('customer_value_years') + 1) %}
            {% if not loop.first %}+ {% endif -%}
            power(retentions.retention, {{ year }})
            * max(case when factors.number = {{ year }} then factors.factor end)
        {% endfor %} as annuity
    from retentions
    inner join factors
        on retentions.month = factors.month
    group by retentions.month, retentions.segment_code, retentions.retention
)

select
    profits.month,
    profits.customer_id,
    customers.branch_id,
    customers.segment_code,
    cast(profits.yearly_profit as decimal(18, 2)) as yearly_profit,
    cast(annuities.retention as decimal(9, 6)) as retention,
    cast(cast(profits.yearly_profit as double) * annuities.annuity as decimal(18, 2)) as customer_value
from profits
inner join {{ ref('int_customer_combined') }} as customers
    on
        profits.customer_id = customers.customer_id
        and profits.month = customers.month
        and customers.is_customer
left join annuities
    on
        profits.month = annuities.month
        and customers.segment_code = annuities.segment_code
