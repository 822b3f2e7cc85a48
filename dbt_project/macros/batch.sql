{# The month a microbatch model is being built for. #}

{#
  First day of the batch's month, as a DATE literal. Outside a batch (parsing, compiling, linting) it is the
  lower bound; unit tests override it.
#}
{% macro batch_month() -%}
    {%- set batch = model.get('batch') if model is defined else none -%}
    cast('{{ batch.event_time_start.date() if batch else var("begin") }}' as date)
{%- endmacro %}
