{# The field's boundaries and conventions, each stated once. #}

{# Text as delivered, with padding removed and blanks as NULL. #}
{% macro clean(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{# The value of a grain column: unknown is a value, so that no row is lost in a roll-up. #}
{% macro known(column) -%}
    coalesce({{ column }}, 'unknown')
{%- endmacro %}

{# Amount in the bank's main currency. A missing rate gives NULL (and a failing test), never the amount itself. #}
{% macro translated(amount, rate) -%}
    {#- the wider rate keeps DuckDB from multiplying in 64 bits, which end at amounts of 92 million #}
    cast(({{ amount }}) * cast({{ rate }} as decimal(19, 8)) as decimal(24, 2))
{%- endmacro %}

{# Delinquency buckets of the OCC's retail lending procedures. #}
{% macro dpd_bucket(days) -%}
    case
        when {{ days }} is null then 'unknown'
        when {{ days }} <= 0 then '0'
        when {{ days }} < 30 then '1-29'
        when {{ days }} < 60 then '30-59'
        when {{ days }} < 90 then '60-89'
        when {{ days }} < 120 then '90-119'
        when {{ days }} < 180 then '120-179'
        else '180+'
    end
{%- endmacro %}

{# Place of a delinquency bucket, 0 for loans not past due; NULL where days past due are unknown. #}
{% macro bucket_order(bucket) -%}
    case {{ bucket }}
        when '0' then 0
        when '1-29' then 1
        when '30-59' then 2
        when '60-89' then 3
        when '90-119' then 4
        when '120-179' then 5
        when '180+' then 6
    end
{%- endmacro %}

{# Of a balance that many buckets into delinquency, what will be lost: its roll rate times those of all worse ones.
   Of what never rolls on nothing is lost, whatever became of others further on. #}
{% macro loss_factor(place) -%}
    {%- if place > 4 -%}
        1
    {%- else -%}
        case when roll_{{ place }} = 0 then 0 else roll_{{ place }} * {{ loss_factor(place + 1) }} end
    {%- endif -%}
{%- endmacro %}

{# Whole months from the month of one date to that of another. #}
{% macro months_between(start, end) -%}
    cast(
        12 * (extract(year from {{ end }}) - extract(year from {{ start }}))
        + extract(month from {{ end }}) - extract(month from {{ start }}) as integer
    )
{%- endmacro %}

{# A calendar quarter as people write it: 2024-Q1. #}
{% macro quarter_label(day) -%}
    (
        cast(extract(year from {{ day }}) as varchar) || '-Q' || cast(extract(quarter from {{ day }}) as varchar)
    )
{%- endmacro %}

{# Portfolio at risk (CGAP) and the IFRS 9 stage 2 backstop: MORE than 30 days. #}
{% macro is_past_30(days) -%}
    {{ days }} > 30
{%- endmacro %}

{# Default (CRR Art. 178): MORE than 90 days. #}
{% macro is_default(days) -%}
    {{ days }} > 90
{%- endmacro %}

{# Noncurrent (FDIC): 90 days or more. #}
{% macro is_noncurrent(days) -%}
    {{ days }} >= 90
{%- endmacro %}

{# Hours from one moment to another, as DOUBLE. #}
{% macro hours_between(start, end) -%}
    cast({{ epoch_micros(end) }} - {{ epoch_micros(start) }} as double) / 3600000000
{%- endmacro %}

{# How long a case has been open, in the bands of its ageing. #}
{% macro case_age(days) -%}
    case
        when {{ days }} <= 30 then '0-30'
        when {{ days }} <= 60 then '31-60'
        when {{ days }} <= 90 then '61-90'
        else '90+'
    end
{%- endmacro %}

{# Channels in which a card is used. #}
{% macro is_by_card(channel) -%}
    {{ channel }} in ('atm', 'card_pos', 'card_ecom')
{%- endmacro %}

{# Channels that a customer uses from a device of their own. #}
{% macro is_digital(channel) -%}
    {{ channel }} in ('card_ecom', 'web', 'mobile')
{%- endmacro %}

{# Regular income: salary or pension, as ISO 20022 names the purpose. #}
{% macro is_income(purpose) -%}
    {{ purpose }} in ('SALA', 'PENS')
{%- endmacro %}

{# What came of a contact that counts as success. #}
{% macro is_conversion(outcome) -%}
    {{ outcome }} = 'converted'
{%- endmacro %}

{# What a customer can hold: the contract's product families, and permanent payment orders. #}
{% macro product_families() -%}
    {{ return([
        'current', 'savings', 'term', 'card', 'personal_loan', 'mortgage', 'sme_loan', 'other', 'standing_order',
    ]) }}
{%- endmacro %}

{# A line of the statements: the sum of its leaves' `measure`, signed as the seed kpi_line_rollup says. #}
{% macro rolled_up(total, measure) -%}
    cast(
        sum(case when rollup.total = '{{ total }}' then rollup.factor * leaves.{{ measure }} else 0 end)
        as decimal({{ 26 if measure == 'balance_days' else 20 }}, 2)
    )
{%- endmacro %}

{# Age in ten-year bands; the marts hold no birth date. #}
{% macro age_band(birth_date, as_of) -%}
    case
        when {{ birth_date }} is null then 'unknown'
        when {{ add_months(birth_date, 12 * 18) }} > {{ as_of }} then '0-17'
        {%- for lower in [18, 25, 35, 45, 55, 65, 75] %}
        {%- set upper = [25, 35, 45, 55, 65, 75, 200][loop.index0] %}
        when {{ add_months(birth_date, 12 * upper) }} > {{ as_of }}
            then '{{ lower }}{{ "+" if upper == 200 else "-" ~ (upper - 1) }}'
        {%- endfor %}
    end
{%- endmacro %}

{#
  Rows of a snapshot table as of each month: from the month's snapshot, or as last seen in the one before.
  Needs the columns as_of_date and `key`; adds month, month_end and is_current.
#}
{% macro last_seen(snapshots, table_name, key) -%}
select candidates.*
from (
    select
        chosen.month,
        chosen.month_end,
        chosen.is_current,
        snapshots.*,
        row_number() over (
            partition by chosen.month, snapshots.{{ key }}
            order by snapshots.as_of_date desc
        ) as recency
    from {{ ref('int_snapshot_chosen') }} as chosen
    inner join {{ snapshots }} as snapshots
        on chosen.snapshot_date = snapshots.as_of_date
    where chosen.table_name = '{{ table_name }}'
) as candidates
where candidates.recency = 1
{%- endmacro %}
