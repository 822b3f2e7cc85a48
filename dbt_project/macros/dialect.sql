{# Everything that an engine spells in its own way. Models call these; no other file holds dialect. #}

{# First day of the month of a date or timestamp, as DATE. #}
{% macro month_start(moment) -%}
    cast(date_trunc('month', {{ moment }}) as date)
{%- endmacro %}

{# Last calendar day of the month of a date, as DATE. #}
{% macro month_end(moment) -%}
    last_day({{ moment }})
{%- endmacro %}

{# A date `months` (may be negative) later, as DATE. #}
{% macro add_months(day, months) -%}
    cast({{ day }} + interval ({{ months }}) month as date)
{%- endmacro %}

{# Whole days from one date to another: 1 from today to tomorrow. #}
{% macro days_between(start, end) -%}
    date_diff('day', {{ start }}, {{ end }})
{%- endmacro %}

{# A date `days` later, as DATE. #}
{% macro add_days(day, days) -%}
    cast({{ day }} + interval ({{ days }}) day as date)
{%- endmacro %}

{# Day of the week, Monday 1 to Sunday 7. #}
{% macro iso_day_of_week(day) -%}
    cast(isodow({{ day }}) as integer)
{%- endmacro %}

{# Microseconds since 1970 of a timestamp, as BIGINT: exact, and orders windows by elapsed time. #}
{% macro epoch_micros(moment) -%}
    epoch_us({{ moment }})
{%- endmacro %}

{# One row per step from `start` to `end` inclusive, as relation `spine` with column `day`. #}
{% macro date_spine(start, end, step) -%}
    (
        select cast(unnest(generate_series({{ start }}, {{ end }}, interval 1 {{ step }})) as date) as day
    ) as spine
{%- endmacro %}

{# First day of the calendar quarter of a date, as DATE. #}
{% macro quarter_start(day) -%}
    cast(date_trunc('quarter', {{ day }}) as date)
{%- endmacro %}

{# The dates in a JSON list of objects, `[{"date": "2024-05-01"}, …]`, as relation `listed` with column `day`. #}
{% macro json_dates(json) -%}
    (
        select cast(unnest(json_extract_string({{ json }}, '$[*].date')) as date) as day
    ) as listed
{%- endmacro %}
