-- Contribution of branches, products and segments, and what no contract carries (product `unallocated`), so
-- that all rows together are the ledger's: its net interest income as margins plus treasury's result, its
-- profit as contributions plus treasury's result and what stands below the line.
with contracts as (
    select
        month,
        branch_id,
        product_id,
        segment_code,
        -- what has no price of funds, or no rate of its currency, is in no margin: the variance keeps it
        sum(case when ftp_margin is not null then interest_income else 0 end) as interest_income,
        sum(case when ftp_margin is not null then interest_expense else 0 end) as interest_expense,
        coalesce(sum(ftp_margin), 0) as ftp_margin,
        -sum(case when ftp_margin is not null then funds_transfer else 0 end) as funding_gap,
        coalesce(sum(fees), 0) as fees,
        coalesce(sum(direct_cost), 0) as direct_cost,
        coalesce(sum(allocated_cost), 0) as allocated_cost,
        coalesce(sum(expected_loss), 0) as expected_loss,
        sum(activity) as activity
    from {{ ref('fct_profit_month') }}
    group by month, branch_id, product_id, segment_code
),

branches as (
    select
        month,
        branch_id,
        sum(interest_income) as interest_income,
        sum(interest_expense) as interest_expense,
        sum(fees) as fees,
        sum(direct_cost) as direct_cost,
        sum(allocated_cost) as allocated_cost,
        sum(expected_loss) as expected_loss,
        sum(activity) as activity
    from contracts
    group by month, branch_id
),

customer_interest as (
    select
        month,
        branch_id,
        sum(case when kpi_line = 'interest_income_loans' then flow_reporting else 0 end) as interest_income,
        sum(case when kpi_line = 'interest_expense_deposits' then -flow_reporting else 0 end)
            as interest_expense
    from {{ ref('fct_gl_month') }}
    where kpi_line in ('interest_income_loans', 'interest_expense_deposits')
    group by month, branch_id
),

statements as (
    select
        ledger.month,
        ledger.branch_id,
        coalesce(customer_interest.interest_income, 0) as interest_income,
        coalesce(customer_interest.interest_expense, 0) as interest_expense,
        ledger.net_interest_income,
        ledger.nonint_income,
        ledger.nonint_expense,
        ledger.provision_expense,
        ledger.sec_gains,
        ledger.tax,
        coalesce(branches.activity, 0) = 0 as is_overhead
    from {{ ref('kpi_finance_month') }} as ledger
    left join customer_interest
        on
            ledger.month = customer_interest.month
            and ledger.branch_id = customer_interest.branch_id
    left join branches
        on
            ledger.month = branches.month
            and ledger.branch_id = branches.branch_id
),

-- What the contracts were charged of the overhead is taken from the centres it was booked on; cents lost by
-- rounding stay with the first of them.
overhead as (
    select
        month,
        min(branch_id) as branch_id,
        sum(nonint_expense) as expense
    from statements
    where is_overhead
    group by month
),

allocated as (
    select
        month,
        sum(allocated_cost) as allocated_cost
    from branches
    group by month
),

-- The ledger's less the contracts', branch by branch.
remainders as (
    select
        statements.month,
        statements.branch_id,
        statements.net_interest_income - statements.interest_income + statements.interest_expense
            as treasury_interest,
        statements.interest_income as rate_variance_loans,
        -statements.interest_expense as rate_variance_deposits,
        statements.nonint_income as fees,
        statements.nonint_expense as direct_cost,
        case when statements.is_overhead then -statements.nonint_expense else 0 end
        + coalesce(overhead.expense - allocated.allocated_cost, 0) as allocated_cost,
        statements.provision_expense as expected_loss,
        statements.sec_gains,
        statements.tax
    from statements
    left join overhead
        on
            statements.month = overhead.month
            and statements.branch_id = overhead.branch_id
    left join allocated
        on overhead.month = allocated.month
    union all
    select
        branches.month,
        branches.branch_id,
        0 as treasury_interest,
        -branches.interest_income as rate_variance_loans,
        branches.interest_expense as rate_variance_deposits,
        -branches.fees as fees,
        -branches.direct_cost as direct_cost,
        0 as allocated_cost,
        -branches.expected_loss as expected_loss,
        0 as sec_gains,
        0 as tax
    from branches
    where branches.month in (select statements.month from statements)
),

parts as (
    select
        month,
        branch_id,
        product_id,
        segment_code,
        ftp_margin,
        funding_gap,
        0 as treasury_interest,
        0 as rate_variance_loans,
        0 as rate_variance_deposits,
        fees,
        direct_cost,
        allocated_cost,
        expected_loss,
        0 as sec_gains,
        0 as tax
    from contracts
    union all
    select
        month,
        branch_id,
        'unallocated' as product_id,
        'unallocated' as segment_code,
        0 as ftp_margin,
        0 as funding_gap,
        treasury_interest,
        rate_variance_loans,
        rate_variance_deposits,
        fees,
        direct_cost,
        allocated_cost,
        expected_loss,
        sec_gains,
        tax
    from remainders
)

select
    month,
    branch_id,
    product_id,
    segment_code,
    {{ month_end('month') }} as month_end,
    {% for amount in [
        'ftp_margin', 'funding_gap', 'treasury_interest', 'rate_variance_loans', 'rate_variance_deposits', 'fees',
        'direct_cost', 'allocated_cost', 'expected_loss', 'sec_gains', 'tax',
    ] %}
        cast(sum({{ amount }}) as decimal(24, 2)) as {{ amount }}{% if not loop.last %},{% endif %}
    {% endfor %}
from parts
group by month, branch_id, product_id, segment_code
