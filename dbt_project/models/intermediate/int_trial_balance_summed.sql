-- Sum of all signed closings per business day and currency: zero when the trial balance foots.
select
    balance_date,
    currency_code,
    min(source) as source,
    cast(sum(closing) as decimal(24, 2)) as difference
from {{ ref('stg_gl_balance') }}
group by balance_date, currency_code
