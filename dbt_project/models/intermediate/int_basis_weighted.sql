{{ config(materialized='table') }}

{#
  The four conventions of annualising a flow and averaging a balance, as whole weights of the months that go into
  a figure, so that nothing is divided before it has been summed:

      annual flow     = Σ flow × flow_weight / flow_divisor
      average balance = Σ (closing × closing_weight + balance_days × days_weight) / base_divisor

  daily      365 × flow over balance-days: holds for any period and roll-up
  fdic_ytd   year-to-date flow × 4/q over the mean of the previous December and every quarter-end so far (FDIC)
  fdic_qtr   quarter's flow × 4 over the mean of the quarter-end before and this one (FDIC)
  ubpr       year-to-date flow × 4/q over the mean of the year's quarterly averages of daily balances (FFIEC UBPR)

  The last three are known at quarter-ends. `sources` is how many months a figure is made of: where some of them are
  not there, it is not known.
#}
{# The least common multiple of 90, 91 and 92 days keeps the mean of quarterly averages exact. #}
{% set common_days = 376740 %}

with known_months as (
    select month
    from {{ ref('int_month_spined') }}
    union all
    select {{ month_start('period_end') }} as month
    from {{ ref('stg_financial_fact') }}
),

bounds as (
    select
        {{ add_months('min(month)', -12) }} as first_month,
        max(month) as last_month
    from known_months
),

-- With a year before the first month, whose closings its bases may need.
sources as (
    select
        spine.day as month,
        extract(year from spine.day) * 12 + extract(month from spine.day) as position,
        extract(month from spine.day) as month_number
    from bounds
    cross join lateral {{ date_spine('bounds.first_month', 'bounds.last_month', 'month') }}
),

months as (
    select *
    from sources
    where month >= (select min(known_months.month) from known_months)
),

-- Each quarter-end with the months of its year up to it and the December before: `distance` months back.
pairs as (
    select
        quarters.month,
        sources.month as source_month,
        quarters.month_number as months_so_far,
        quarters.position - sources.position as distance,
        {{ days_between(quarter_start('sources.month'), add_months(quarter_start('sources.month'), 3)) }}
            as quarter_days
    from months as quarters
    inner join sources
        on sources.position between quarters.position - quarters.month_number and quarters.position
    where quarters.month_number in (3, 6, 9, 12)
),

weighted as (
    select
        'daily' as basis,
        month,
        month as source_month,
        365 as flow_weight,
        0 as closing_weight,
        1 as days_weight,
        1 as flow_divisor,
        1 as base_divisor,
        1 as sources
    from months
    union all
    select
        'fdic_ytd' as basis,
        month,
        source_month,
        case when distance < months_so_far then 12 else 0 end as flow_weight,
        case when distance in (0, 3, 6, 9, 12) then 1 else 0 end as closing_weight,
        0 as days_weight,
        months_so_far as flow_divisor,
        cast(round(months_so_far / 3) as integer) + 1 as base_divisor,
        months_so_far + 1 as sources
    from pairs
    union all
    select
        'fdic_qtr' as basis,
        month,
        source_month,
        case when distance < 3 then 4 else 0 end as flow_weight,
        case when distance in (0, 3) then 1 else 0 end as closing_weight,
        0 as days_weight,
        1 as flow_divisor,
        2 as base_divisor,
        4 as sources
    from pairs
    where distance <= 3
    union all
    select
        'ubpr' as basis,
        month,
        source_month,
        12 as flow_weight,
        0 as closing_weight,
        cast(round({{ common_days }} / nullif(quarter_days, 0)) as integer) as days_weight,
        months_so_far as flow_divisor,
        cast(round(months_so_far / 3) as integer) * {{ common_days }} as base_divisor,
        months_so_far as sources
    from pairs
    where distance < months_so_far
)

select
    basis,
    month,
    source_month,
    cast(flow_weight as integer) as flow_weight,
    cast(closing_weight as integer) as closing_weight,
    cast(days_weight as integer) as days_weight,
    cast(flow_divisor as integer) as flow_divisor,
    cast(base_divisor as integer) as base_divisor,
    cast(sources as integer) as sources
from weighted
