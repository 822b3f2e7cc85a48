{% set flows = [
    'interest_income', 'interest_expense', 'net_interest_income', 'fee_income', 'nonint_income',
    'administrative_expenses', 'depreciation', 'amortisation_intangibles', 'nonint_expense',
    'total_operating_income', 'provision_expense', 'sec_gains', 'profit_before_tax', 'tax', 'net_profit',
] %}
{% set stocks = [
    'total_assets', 'earning_assets', 'gross_loans', 'allowance', 'net_loans', 'total_deposits',
    'interest_bearing_liabilities', 'total_liabilities', 'total_equity',
] %}
{% set averaged = ['total_assets', 'earning_assets', 'total_equity', 'gross_loans', 'total_deposits'] %}

-- Balances and flows per leaf of the chart of accounts, in the main currency.
with leaves as (
    select
        facts.month,
        facts.month_end,
        facts.branch_id,
        facts.kpi_line,
        sum({{ translated('facts.flow', 'rates.rate') }}) as flow,
        sum({{ translated('facts.closing', 'rates.rate') }}) as closing,
        sum({{ translated('facts.balance_days', 'rates.rate') }}) as balance_days
    from {{ ref('fct_gl_month') }} as facts
    left join {{ ref('int_currency_rated') }} as rates
        on
            facts.month = rates.month
            and facts.currency_code = rates.currency_code
    group by facts.month, facts.month_end, facts.branch_id, facts.kpi_line
)

select
    leaves.month,
    leaves.branch_id,
    leaves.month_end,
    cast(extract(day from leaves.month_end) as integer) as days,
    {% for total in flows %}
        {{ rolled_up(total, 'flow') }} as {{ total }},
    {% endfor %}
    {% for total in stocks %}
        {{ rolled_up(total, 'closing') }} as {{ total }},
    {% endfor %}
    {% for total in averaged %}
        {{ rolled_up(total, 'balance_days') }} as {{ total }}_days{% if not loop.last %},{% endif %}
    {% endfor %}
from leaves
inner join {{ ref('kpi_line_rollup') }} as rollup
    on leaves.kpi_line = rollup.kpi_line
group by leaves.month, leaves.branch_id, leaves.month_end
