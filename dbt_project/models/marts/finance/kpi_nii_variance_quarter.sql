-- Why net interest income changed, against the quarter before and the same quarter of the year before: for
-- each kind of earning asset and of funding, and each product, the change of its average balance at the old
-- rate (volume), the change of its rate on the old balance (rate), and both together (mix). The three add up
-- to the change to the cent. (Rate/volume table of the SEC's Guide 3.)
with ledger as (
    select
        {{ quarter_start('months.month') }} as quarter,
        interest_lines.interest_line,
        count(distinct months.month) as months,
        sum(interest_lines.interest_factor * balances.flow_reporting) as interest,
        sum(interest_lines.balance_factor * balances.balance_days_reporting) as balance_days
    from {{ ref('fct_gl_month') }} as balances
    inner join {{ ref('int_month_spined') }} as months
        on balances.month = months.month
    inner join {{ ref('interest_line') }} as interest_lines
        on balances.kpi_line = interest_lines.kpi_line
    group by {{ quarter_start('months.month') }}, interest_lines.interest_line
),

-- A customer's account earns while it owes, and is paid for while it holds.
contracts as (
    select
        {{ quarter_start('month') }} as quarter,
        'loans' as interest_line,
        product_id,
        sum(interest_income) as interest,
        sum(greatest(lent_days, 0)) as balance_days
    from {{ ref('fct_profit_month') }}
    group by {{ quarter_start('month') }}, product_id
    union all
    select
        {{ quarter_start('month') }} as quarter,
        'deposits' as interest_line,
        product_id,
        -sum(interest_expense) as interest,
        sum(greatest(-lent_days, 0)) as balance_days
    from {{ ref('fct_profit_month') }}
    where contract_type = 'account'
    group by {{ quarter_start('month') }}, product_id
),

shares as (
    select
        quarter,
        interest_line,
        sum(interest) as interest,
        sum(balance_days) as balance_days
    from contracts
    group by quarter, interest_line
),

quarters as (
    select
        {{ quarter_start('month') }} as quarter,
        max(month) as last_month,
        sum(extract(day from month_end)) as days
    from {{ ref('int_month_spined') }}
    group by {{ quarter_start('month') }}
    having count(*) = 3
),

-- What the contracts do not explain of a line (`unallocated`) has no balance of its own, unless no contract
-- is known at all.
held as (
    select
        quarter,
        interest_line,
        product_id,
        interest,
        balance_days
    from contracts
    where balance_days <> 0 or interest <> 0
    union all
    select
        ledger.quarter,
        ledger.interest_line,
        'unallocated' as product_id,
        ledger.interest - coalesce(shares.interest, 0) as interest,
        case when coalesce(shares.balance_days, 0) = 0 then ledger.balance_days else 0 end as balance_days
    from ledger
    left join shares
        on
            ledger.quarter = shares.quarter
            and ledger.interest_line = shares.interest_line
),

compared as (
    select
        'previous_quarter' as variance_against,
        -3 as distance
    union all
    select
        'last_year' as variance_against,
        -12 as distance
),

pairs as (
    select
        compared.variance_against,
        quarters.quarter,
        quarters.last_month,
        quarters.days,
        before.quarter as quarter_before,
        before.days as days_before
    from quarters
    cross join compared
    inner join quarters as before
        on {{ add_months('quarters.quarter', 'compared.distance') }} = before.quarter
),

sides as (
    select
        pairs.variance_against,
        pairs.last_month,
        held.interest_line,
        held.product_id,
        held.interest,
        cast(held.balance_days as double) / nullif(pairs.days, 0) as balance,
        0 as interest_before,
        0 as balance_before
    from pairs
    inner join held
        on pairs.quarter = held.quarter
    union all
    select
        pairs.variance_against,
        pairs.last_month,
        held.interest_line,
        held.product_id,
        0 as interest,
        0 as balance,
        held.interest as interest_before,
        cast(held.balance_days as double) / nullif(pairs.days_before, 0) as balance_before
    from pairs
    inner join held
        on pairs.quarter_before = held.quarter
),

lines as (
    select
        variance_against,
        last_month,
        interest_line,
        product_id,
        sum(interest) as interest,
        sum(balance) as balance,
        sum(interest_before) as interest_before,
        sum(balance_before) as balance_before
    from sides
    group by variance_against, last_month, interest_line, product_id
),

-- A line that is new has the rate it starts with, one that is gone the rate it ended with.
rates as (
    select
        *,
        coalesce(
            interest_before / nullif(balance_before, 0), interest / nullif(balance, 0)
        ) as rate_before
    from lines
),

effects as (
    select
        *,
        cast(coalesce((balance - balance_before) * rate_before, 0) as decimal(24, 2)) as volume_effect,
        cast(
            case
                when rate_before is null then interest - interest_before
                when balance = 0 or balance_before = 0 then 0
                else (interest / nullif(balance, 0) - rate_before) * balance_before
            end as decimal(24, 2)
        ) as rate_effect
    from rates
)

select
    last_month as month,
    variance_against,
    interest_line,
    product_id,
    'volume' as nii_effect,
    volume_effect as amount
from effects
union all
select
    last_month as month,
    variance_against,
    interest_line,
    product_id,
    'rate' as nii_effect,
    rate_effect as amount
from effects
union all
select
    last_month as month,
    variance_against,
    interest_line,
    product_id,
    'mix' as nii_effect,
    cast(interest - interest_before - volume_effect - rate_effect as decimal(24, 2)) as amount
from effects
