{# What the books are held against; every kind of fct_recon_break. #}
{% macro break_kinds() -%}
    {{ return(['trial_balance', 'movement', 'opening', 'subledger', 'kpi_line', 'exchange_rate']) }}
{%- endmacro %}
