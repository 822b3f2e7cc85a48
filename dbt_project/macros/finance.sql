{# The lines of the financial statements: totals of the seed kpi_line_rollup, and earning assets. #}

{% macro finance_flows() -%}
    {{ return([
        'interest_income', 'interest_expense', 'deposit_interest_expense', 'net_interest_income', 'fee_income',
        'nonint_income', 'administrative_expenses', 'depreciation', 'amortisation_intangibles', 'nonint_expense',
        'total_operating_income', 'provision_expense', 'sec_gains', 'profit_before_tax', 'tax', 'net_profit',
    ]) }}
{%- endmacro %}

{% macro finance_stocks() -%}
    {{ return([
        'total_assets', 'earning_assets', 'due_from_banks', 'securities', 'gross_loans', 'allowance', 'net_loans',
        'oreo', 'total_deposits', 'borrowings', 'interest_bearing_liabilities', 'total_liabilities',
        'total_equity', 'retained_earnings',
    ]) }}
{%- endmacro %}

{# Balances that some ratio averages. #}
{% macro finance_averaged() -%}
    {{ return([
        'total_assets', 'earning_assets', 'gross_loans', 'total_deposits', 'interest_bearing_liabilities',
        'total_equity',
    ]) }}
{%- endmacro %}

{# Flows that some ratio annualises. #}
{% macro finance_annualised() -%}
    {{ return([
        'interest_income', 'interest_expense', 'deposit_interest_expense', 'net_interest_income', 'nonint_income',
        'nonint_expense', 'provision_expense', 'profit_before_tax', 'net_profit',
    ]) }}
{%- endmacro %}

{# One line out of rows of lines. #}
{% macro line_sum(total, measure, digits) -%}
    cast(sum(case when total = '{{ total }}' then {{ measure }} else 0 end) as decimal({{ digits }}, 2))
{%- endmacro %}

{#
  A flow annualised, a balance averaged, on the basis whose weights (int_basis_weighted) the rows carry; NULL where
  one of the rows that go in has no value. For aggregates grouped by a figure's key, basis and divisors.
#}
{% macro annualised(flow) -%}
    cast(
        case
            when count(*) = count({{ flow }})
                then cast(sum({{ flow }} * weights.flow_weight) as double) / nullif(min(weights.flow_divisor), 0)
        end as decimal(28, 6)
    )
{%- endmacro %}

{% macro averaged(closing, balance_days) -%}
    cast(
        case
            when count(*) = count({{ closing }})
                then cast(
                    sum(
                        {{ closing }} * weights.closing_weight
                        {%- if balance_days %} + {{ balance_days }} * weights.days_weight{% endif %}
                    ) as double
                ) / nullif(min(weights.base_divisor), 0)
        end as decimal(28, 6)
    )
{%- endmacro %}

{# Lines of peers' statements, as the seed fdic_concept_line knows them. #}
{% macro peer_flows() -%}
    {{ return([
        'interest_income', 'interest_expense', 'net_interest_income', 'nonint_income', 'nonint_expense',
        'provision_expense', 'net_profit', 'net_charge_offs',
    ]) }}
{%- endmacro %}

{% macro peer_stocks() -%}
    {{ return([
        'total_assets', 'earning_assets', 'securities', 'gross_loans', 'allowance', 'net_loans', 'noncurrent',
        'total_deposits', 'total_equity',
    ]) }}
{%- endmacro %}

{# Size of a bank by total assets, with the boundaries of the FDIC's asset size groups (in dollars). #}
{% macro size_group(total_assets) -%}
    case
        when {{ total_assets }} is null then 'unknown'
        when {{ total_assets }} < 100000000 then '< 100 m'
        when {{ total_assets }} < 1000000000 then '100 m - 1 bn'
        when {{ total_assets }} < 10000000000 then '1 bn - 10 bn'
        when {{ total_assets }} < 250000000000 then '10 bn - 250 bn'
        else '> 250 bn'
    end
{%- endmacro %}

{# What the bank reports of its capital and liquidity, by the names of the contract's taxonomy `house`. #}
{% macro capital_concepts() -%}
    {{ return([
        'cet1_capital', 'tier1_capital', 'total_capital', 'risk_weighted_assets', 'total_exposure_measure',
        'ineligible_intangibles', 'hqla', 'net_cash_outflows_30d', 'available_stable_funding',
        'required_stable_funding', 'core_deposits',
    ]) }}
{%- endmacro %}

{# Funds transfer pricing: months as days of a tenor, and the rate of a segment of the curve at a tenor. #}
{% macro tenor_days(months) -%}
    cast(round(cast({{ months }} * 365 as double) / 12) as integer)
{%- endmacro %}

{% macro interpolated(segment, tenor) -%}
    cast(
        cast({{ segment }}.rate_from as double)
        + cast({{ segment }}.rate_to - {{ segment }}.rate_from as double)
        * ({{ tenor }} - {{ segment }}.tenor_from)
        / nullif({{ segment }}.tenor_to - {{ segment }}.tenor_from, 0) as decimal(12, 9)
    )
{%- endmacro %}

{# A year's rate on balance × days; interest is booked by days of 365. #}
{% macro interest_on(balance_days, rate) -%}
    cast(cast({{ balance_days }} as double) * cast({{ rate }} as double) / 365 as decimal(18, 2))
{%- endmacro %}
