{{ config(meta={'dagster': {'ref': {'name': 'int_currency_rated'}}}) }}

-- Amounts without a rate for their day can't be translated: every figure would lack them.
{% for fact, is_untranslated in [
    (ref('fct_transaction'), 'amount_reporting is null'),
    (ref('fct_account_month'), 'balance is not null and balance_reporting is null'),
    (ref('fct_loan_month'), 'balance_reporting is null'),
    (
        ref('fct_gl_month'),
        'closing_reporting is null or flow_reporting is null or balance_days_reporting is null',
    ),
] %}
    select
        month,
        currency_code,
        count(*) as rows_found
    from {{ fact }}
    where {{ is_untranslated }}
    group by month, currency_code
    {% if not loop.last %}union all{% endif %}
{% endfor %}
