{# What data tests share. #}

{#
  Restriction of a test on a partitioned model to the months of this run, so that the check of one month does not
  read all history. Without event-time flags (a test run by hand) everything is read.
#}
{% macro in_tested_months(column) -%}
    {%- set start = invocation_args_dict.get('event_time_start') -%}
    {%- set end = invocation_args_dict.get('event_time_end') -%}
    {%- if column and start and end -%}
        {{ column }} >= {{ month_start("cast('" ~ start ~ "' as timestamp)") }}
        and {{ column }} < cast('{{ end }}' as timestamp)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
