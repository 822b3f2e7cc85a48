-- The marts of the bank that bank.py describes.
create schema marts;
use marts;

create temp table months as
select
    cast(month as date) as month, last_day(month) as month_end, cast(day(last_day(month)) as integer) as days,
    cast(row_number() over (order by month) - 1 as integer) as k
from range(date '2024-01-01', date '2026-01-01', interval 1 month) as spine (month);

create table dim_month as select month from months;

create table dim_date as
select
    cast(d as date) as date_day, cast(date_trunc('month', d) as date) as month,
    cast(date_trunc('quarter', d) as date) as quarter, cast(date_trunc('year', d) as date) as year,
    last_day(d) as month_end, d = last_day(d) as is_month_end, cast(isodow(d) as integer) as day_of_week,
    isodow(d) > 5 as is_weekend
from range(date '2024-01-01', date '2027-01-01', interval 1 day) as spine (d);

create table dim_branch (
    branch_id varchar, branch_name varchar, parent_branch_id varchar, region_id varchar, cost_center_code varchar,
    open_date date, close_date date, fte decimal(8, 2)
);
insert into dim_branch values
('B00', 'Head office', null, 'north', 'CC00', '2000-01-01', null, 40),
('B01', 'Old Town', 'B00', 'north', 'CC01', '2000-01-01', null, 20),
('B02', 'Harbour Street', 'B00', 'south', 'CC02', '2005-01-01', null, 10),
('B03', 'Market Square', 'B00', 'south', 'CC03', '2010-01-01', '2025-06-30', 10);

-- B02 was of the region coast until the end of January 2024
create table dim_branch_history as
select
    branch_id, valid_from, valid_to, branch_name, parent_branch_id, coalesce(region, region_id) as region_id,
    'B00' as level_1, branch_id as level_2, branch_id as level_3
from dim_branch, (values
    (date '1900-01-01', date '2024-02-01', 'coast'), (date '2024-02-01', null, null), (date '1900-01-01', null, null)
) as versions (valid_from, valid_to, region)
where (branch_id = 'B02') = (region is not null or valid_from > date '1900-01-01')
order by all;

create table kpi_staff_month as
select month, branch_id, month_end, fte from months, dim_branch where coalesce(close_date > month_end, true);

create table dim_ledger_account (
    ledger_code varchar, ledger_name varchar, parent_ledger_code varchar, asset_liability varchar, kpi_line varchar,
    is_earning_asset boolean, subledger varchar
);
insert into dim_ledger_account values
('1000', 'Cash', null, 'asset', 'cash', false, 'none'), ('2000', 'Deposits', null, 'liability', 'deposits_current', false, 'account');

-- every month each branch takes 100 euro in cash for deposits, B01 also 10 dollars
create table fct_gl_month as
select
    ledger_code, month, month_end, branch_id, currency_code,
    cast(side * amount * (k + 1) as decimal(20, 2)) as closing,
    cast(case when side > 0 then amount else 0 end as decimal(20, 2)) as debit,
    cast(case when side < 0 then amount else 0 end as decimal(20, 2)) as credit
from months, (values ('1000', 1), ('2000', -1)) as accounts (ledger_code, side),
    (values ('B01', 'EUR', 100), ('B01', 'USD', 10), ('B02', 'EUR', 100)) as books (branch_id, currency_code, amount)
order by all;

-- a month each: B01 earns 900 over the price of its funds on current accounts and loses 100 on mortgages, and has
-- costs of 300 and 50 of the head office's 50; treasury takes 200, owns 10, and 5 vary from the contracts' rates
create table kpi_profit_month as
select
    month, branch_id, product_id, segment_code, month_end,
    cast(ftp_margin as decimal(24, 2)) as ftp_margin, cast(funding_gap as decimal(24, 2)) as funding_gap,
    cast(treasury_interest as decimal(24, 2)) as treasury_interest,
    cast(rate_variance as decimal(24, 2)) as rate_variance_loans, cast(0 as decimal(24, 2)) as rate_variance_deposits,
    cast(fees as decimal(24, 2)) as fees, cast(direct_cost as decimal(24, 2)) as direct_cost,
    cast(allocated_cost as decimal(24, 2)) as allocated_cost, cast(0 as decimal(24, 2)) as expected_loss,
    cast(0 as decimal(24, 2)) as sec_gains, cast(0 as decimal(24, 2)) as tax
from months, (values
    ('B01', 'CUR', 'retail', 900, -300, 0, 0, 20, 300, 50),
    ('B01', 'MTG', 'retail', -100, 100, 0, 0, 0, 0, 0),
    ('B00', 'unallocated', 'unallocated', 0, 0, 10, 5, 0, 50, -50)
) as parts (
    branch_id, product_id, segment_code, ftp_margin, funding_gap, treasury_interest, rate_variance, fees, direct_cost,
    allocated_cost
)
order by all;

create table fct_profit_month as
select
    product_id || customer as contract_id, 'account' as contract_type, month, month_end, 'C' || customer as customer_id,
    branch_id, product_id, segment_code, ftp_margin / 2 as ftp_margin, fees / 2 as fees,
    direct_cost / 2 as direct_cost, allocated_cost / 2 as allocated_cost, expected_loss
from kpi_profit_month, (values (1), (2)) as customers (customer)
where product_id <> 'unallocated'
order by all;

create table fct_customer_value_quarter as
select month, customer_id, branch_id, segment_code, cast(500 as decimal(18, 2)) as customer_value
from fct_profit_month
where product_id = 'CUR' and month(month) % 3 = 0
order by all;

create table kpi_nii_variance_quarter as
select
    month, variance_against, interest_line, 'MTG' as product_id, nii_effect,
    cast(amount * moved as decimal(24, 2)) as amount
from months,
    (values ('loans', 1), ('deposits', 0)) as lines (interest_line, moved),
    (values ('previous_quarter', 1), ('last_year', 4)) as pairs (variance_against, quarters),
    (values ('volume', 6.0), ('rate', 3.0), ('mix', 1.0)) as effects (nii_effect, amount)
where k % 3 = 2 and k >= 3 * quarters
order by all;

create table dim_product (product_id varchar, product_name varchar, product_family varchar);
insert into dim_product values
('CUR', 'Current account', 'current'), ('MTG', 'Mortgage', 'mortgage'), ('BIZ', 'Business loan', 'sme_loan');

create table kpi_finance_month as
with base as (
    select
        months.*, branch_id,
        case when branch_id = 'B01' then 10000 + 100 * k else 5000 end as nii,
        case when branch_id = 'B01' then 1000000 + 10000 * k else 500000 end as deposits
    from months, dim_branch
    where branch_id <> 'B00' and (close_date is null or months.month <= close_date)
)
select
    month, branch_id, month_end, days,
    cast(nii + 3000 as decimal(20, 2)) as interest_income, cast(3000 as decimal(20, 2)) as interest_expense,
    cast(2500 as decimal(20, 2)) as deposit_interest_expense,
    cast(nii as decimal(20, 2)) as net_interest_income, cast(2000 as decimal(20, 2)) as fee_income,
    cast(2000 as decimal(20, 2)) as nonint_income, cast(5500 as decimal(20, 2)) as administrative_expenses,
    cast(500 as decimal(20, 2)) as depreciation, cast(0 as decimal(20, 2)) as amortisation_intangibles,
    cast(6000 as decimal(20, 2)) as nonint_expense, cast(nii + 2000 as decimal(20, 2)) as total_operating_income,
    cast(1000 as decimal(20, 2)) as provision_expense, cast(0 as decimal(20, 2)) as sec_gains,
    cast(nii - 5000 as decimal(20, 2)) as profit_before_tax,
    cast((nii - 5000) * 0.2 as decimal(20, 2)) as tax, cast((nii - 5000) * 0.8 as decimal(20, 2)) as net_profit,
    cast(2400000 as decimal(20, 2)) as total_assets, cast(2000000 as decimal(20, 2)) as earning_assets,
    cast(800000 as decimal(20, 2)) as gross_loans, cast(8000 as decimal(20, 2)) as allowance,
    cast(792000 as decimal(20, 2)) as net_loans, cast(deposits as decimal(20, 2)) as total_deposits,
    cast(300000 as decimal(20, 2)) as due_from_banks, cast(900000 as decimal(20, 2)) as securities,
    cast(0 as decimal(20, 2)) as oreo, cast(100000 as decimal(20, 2)) as borrowings,
    cast(deposits / 2 + 100000 as decimal(20, 2)) as interest_bearing_liabilities,
    cast(2160000 as decimal(20, 2)) as total_liabilities, cast(60000 as decimal(20, 2)) as retained_earnings,
    cast(240000 as decimal(20, 2)) as total_equity, cast(2400000 * days as decimal(26, 2)) as total_assets_days,
    cast(2000000 * days as decimal(26, 2)) as earning_assets_days,
    cast(240000 * days as decimal(26, 2)) as total_equity_days,
    cast(800000 * days as decimal(26, 2)) as gross_loans_days,
    cast(deposits * days as decimal(26, 2)) as total_deposits_days,
    cast((deposits / 2 + 100000) * days as decimal(26, 2)) as interest_bearing_liabilities_days,
    cast(case when k >= 12 then 2400000 end as decimal(20, 2)) as total_assets_last_year,
    cast(case when k >= 12 then 792000 end as decimal(20, 2)) as net_loans_last_year,
    cast(case when k >= 12 then deposits - if(branch_id = 'B01', 120000, 0) end as decimal(20, 2))
        as total_deposits_last_year
from base order by month, branch_id;

-- daily: 365 × flow over balance-days; fdic_qtr: 4 × the quarter's flow over the balance of its end
create table kpi_finance_basis_month as
select
    month, branch_id, 'daily' as basis,
    cast(365 * interest_income as decimal(28, 6)) as interest_income_annual,
    cast(365 * interest_expense as decimal(28, 6)) as interest_expense_annual,
    cast(365 * deposit_interest_expense as decimal(28, 6)) as deposit_interest_expense_annual,
    cast(365 * net_interest_income as decimal(28, 6)) as net_interest_income_annual,
    cast(365 * nonint_income as decimal(28, 6)) as nonint_income_annual,
    cast(365 * nonint_expense as decimal(28, 6)) as nonint_expense_annual,
    cast(365 * provision_expense as decimal(28, 6)) as provision_expense_annual,
    cast(365 * profit_before_tax as decimal(28, 6)) as profit_before_tax_annual,
    cast(365 * net_profit as decimal(28, 6)) as net_profit_annual,
    cast(total_assets_days as decimal(28, 6)) as total_assets_average,
    cast(earning_assets_days as decimal(28, 6)) as earning_assets_average,
    cast(gross_loans_days as decimal(28, 6)) as gross_loans_average,
    cast(total_deposits_days as decimal(28, 6)) as total_deposits_average,
    cast(interest_bearing_liabilities_days as decimal(28, 6)) as interest_bearing_liabilities_average,
    cast(total_equity_days as decimal(28, 6)) as total_equity_average,
    cast(total_equity_days as decimal(28, 6)) as return_equity_average
from kpi_finance_month
union all
select
    ends.month, ends.branch_id, 'fdic_qtr' as basis,
    cast(4 * sum(months.interest_income) as decimal(28, 6)) as interest_income_annual,
    cast(4 * sum(months.interest_expense) as decimal(28, 6)) as interest_expense_annual,
    cast(4 * sum(months.deposit_interest_expense) as decimal(28, 6)) as deposit_interest_expense_annual,
    cast(4 * sum(months.net_interest_income) as decimal(28, 6)) as net_interest_income_annual,
    cast(4 * sum(months.nonint_income) as decimal(28, 6)) as nonint_income_annual,
    cast(4 * sum(months.nonint_expense) as decimal(28, 6)) as nonint_expense_annual,
    cast(4 * sum(months.provision_expense) as decimal(28, 6)) as provision_expense_annual,
    cast(4 * sum(months.profit_before_tax) as decimal(28, 6)) as profit_before_tax_annual,
    cast(4 * sum(months.net_profit) as decimal(28, 6)) as net_profit_annual,
    cast(any_value(ends.total_assets) as decimal(28, 6)) as total_assets_average,
    cast(any_value(ends.earning_assets) as decimal(28, 6)) as earning_assets_average,
    cast(any_value(ends.gross_loans) as decimal(28, 6)) as gross_loans_average,
    cast(any_value(ends.total_deposits) as decimal(28, 6)) as total_deposits_average,
    cast(any_value(ends.interest_bearing_liabilities) as decimal(28, 6)) as interest_bearing_liabilities_average,
    cast(any_value(ends.total_equity) as decimal(28, 6)) as total_equity_average,
    cast(any_value(ends.total_equity) as decimal(28, 6)) as return_equity_average
from kpi_finance_month as ends
join kpi_finance_month as months
    on months.branch_id = ends.branch_id and months.month between ends.month - interval 2 month and ends.month
where month(ends.month) % 3 = 0
group by ends.month, ends.branch_id
order by all;

-- reported at quarter-ends; neither liquidity nor the EU's exposure measure is
create table kpi_capital_month as
select
    month, cast(120000 + 1000 * k as decimal(20, 2)) as cet1_capital, cast(130000 as decimal(20, 2)) as tier1_capital,
    cast(150000 as decimal(20, 2)) as total_capital, cast(1000000 as decimal(20, 2)) as risk_weighted_assets,
    cast(null as decimal(20, 2)) as total_exposure_measure, cast(null as decimal(20, 2)) as ineligible_intangibles,
    cast(null as decimal(20, 2)) as hqla, cast(null as decimal(20, 2)) as net_cash_outflows_30d,
    cast(null as decimal(20, 2)) as available_stable_funding,
    cast(null as decimal(20, 2)) as required_stable_funding, cast(null as decimal(20, 2)) as core_deposits,
    cast(2600000 as decimal(20, 2)) as total_assets_average, cast(2600000 as decimal(20, 2)) as leverage_assets
from months where month(month) % 3 = 0;

create table kpi_credit_month as
select
    month, branch_id, product_id, segment_code, month_end, cast(loans as bigint) as loans,
    cast(balance as decimal(20, 2)) as gross_loans, cast(balance - d30 - d90 as decimal(20, 2)) as balance_dpd_0,
    cast(0 as decimal(20, 2)) as balance_dpd_1_29, cast(d30 as decimal(20, 2)) as balance_dpd_30_59,
    cast(0 as decimal(20, 2)) as balance_dpd_60_89, cast(d90 as decimal(20, 2)) as balance_dpd_90_plus,
    cast(d30 + d90 as decimal(20, 2)) as par30_balance, cast(d90 as decimal(20, 2)) as noncurrent_balance,
    cast(d90 as decimal(20, 2)) as npl_balance, cast(d30 / 10 as decimal(20, 2)) as arrears_balance,
    cast(0 as decimal(20, 2)) as provision_amount, cast(100 as decimal(20, 2)) as charge_offs,
    cast(null as decimal(20, 2)) as npl_provision_amount, cast(0 as decimal(20, 2)) as forborne_balance,
    cast(null as decimal(24, 6)) as expected_loss, cast(500 as decimal(20, 2)) as instalments_due,
    cast(480 as decimal(20, 2)) as collected,
    cast(20 as decimal(20, 2)) as recoveries, cast(loans - 1 as bigint) as performing_loans,
    cast(1 as bigint) as new_defaults
from months, dim_branch, (
    values ('MTG', 'retail', 10, 500000, 10000, 5000), ('BIZ', 'sme', 5, 300000, 0, 0)
) as book (product_id, segment_code, loans, balance, d30, d90)
where
    branch_id <> 'B00' and (close_date is null or months.month <= close_date)
    and not (branch_id = 'B01' and product_id = 'BIZ' and months.month > '2025-11-01')
order by all;

create table kpi_credit_basis_month as
select
    month, branch_id, product_id, segment_code, 'daily' as basis, 365 * (charge_offs - recoveries) as net_charge_offs_annual,
    gross_loans * day(month_end) as balance_average
from kpi_credit_month
order by all;

-- 200 of 1,000 a month roll from 1-29 to 30-59, two of ten loans are current again
create table kpi_credit_bucket_month as
select
    month, 'B01' as branch_id, 'MTG' as product_id, 'retail' as segment_code, dpd_bucket, cast(loans as bigint) as loans,
    cast(balance as decimal(24, 2)) as balance, cast(if(k = 0, 0, loans) as bigint) as loans_before,
    cast(if(k = 0, 0, balance) as decimal(24, 2)) as balance_before,
    cast(if(k = 0, 0, rolled) as decimal(24, 2)) as balance_rolled, cast(if(k = 0, 0, cured) as bigint) as loans_cured
from months, (values ('0', 90, 9000, 450, 0), ('1-29', 10, 1000, 200, 2), ('30-59', 2, 300, 30, 0))
    as buckets (dpd_bucket, loans, balance, rolled, cured)
order by all;

-- 2024-Q1: 3 loans of 300, one of them in default after five months; all observed for 22 months
create table kpi_credit_vintage_month as
select
    month, '2024-Q1' as vintage, cast(k - 2 as integer) as months_on_book, 'B01' as branch_id, 'MTG' as product_id,
    cast(3 as bigint) as loans_originated, cast(300 as decimal(24, 2)) as amount_originated,
    cast(if(k < 7, 0, 1) as bigint) as loans_defaulted, cast(if(k < 7, 0, 90) as decimal(24, 2)) as balance_defaulted
from months where k >= 2 order by all;

create table kpi_credit_default_month (
    month date, branch_id varchar, product_id varchar, segment_code varchar, internal_rating varchar,
    loans_performing bigint, loans_defaulted bigint
);
-- of 50 loans that performed in December 2024 two were in default within a year
insert into kpi_credit_default_month values ('2024-12-01', 'B01', 'MTG', 'retail', 'A', 50, 2);
create table kpi_credit_stage_month (
    month date, branch_id varchar, product_id varchar, segment_code varchar, stage varchar, loans bigint,
    balance decimal(24, 2), provision_amount decimal(24, 2), book_balance decimal(24, 2)
);
insert into kpi_credit_stage_month
select month, 'B01', 'MTG', 'retail', stage, 1, balance, 0, 1000
from months, (values ('1', 900), ('2', 60), ('3', 40)) as stages (stage, balance);
create table kpi_credit_allowance_month (month date, product_id varchar, balance decimal(24, 2), acl_warm decimal(24, 2));
insert into kpi_credit_allowance_month values ('2025-12-01', 'MTG', 500, 5), ('2025-12-01', 'BIZ', 300, null);
create table kpi_credit_loss_forecast_month (
    month date, product_id varchar, dpd_bucket varchar, balance decimal(24, 2), loss_factor double, loss decimal(24, 2)
);
insert into kpi_credit_loss_forecast_month
select '2025-12-01', 'MTG', dpd_bucket, 10, loss / 10, loss
from (values ('120-179', 5), ('unknown', 1), ('0', 3), ('90-119', 4), ('30-59', 2)) as buckets (dpd_bucket, loss);
create table kpi_credit_concentration_month (
    month date, concentration varchar, balance decimal(18, 2), balance_of_top_20 decimal(18, 2),
    sum_of_squares decimal(38, 4), square_of_sum decimal(38, 4)
);
create table kpi_credit_origination_month (
    month date, branch_id varchar, product_id varchar, segment_code varchar, channel varchar,
    loans_originated bigint, amount_originated decimal(24, 2), loans_first_due bigint, first_payment_defaults bigint
);
create table kpi_credit_application_month (
    month date, product_id varchar, channel varchar, applications_decided bigint, applications_approved bigint
);
create table kpi_credit_recovery_month (
    month date, branch_id varchar, product_id varchar, segment_code varchar, exposure_at_default decimal(24, 2),
    recovered_discounted decimal(24, 6)
);
create table kpi_credit_ecl_month (
    month date, branch_id varchar, product_id varchar, segment_code varchar, stage varchar, expected_loss decimal(24, 6)
);

-- the year up to a month is known from 2025-01 on: 100 customers at each of twelve ends, one lost in each month
create table kpi_customers_month as
select
    month, branch_id, segment_code, region_id, if(segment_code = 'sme', 'unknown', '35-44') as age_band, month_end,
    cast(100 as bigint) as customers, cast(80 as bigint) as customers_active, cast(2 as bigint) as customers_new,
    cast(1 as bigint) as customers_lost, cast(20 as bigint) as customers_primary,
    cast(180 as bigint) as product_families_held, cast(if(k >= 12, 100, 0) as bigint) as customers_year_ago,
    cast(if(k >= 12, 88, 0) as bigint) as customers_kept,
    cast(if(k >= 12, 50000, 0) as decimal(24, 2)) as deposits_year_ago,
    cast(if(k >= 12, 45000, 0) as decimal(24, 2)) as deposits_kept,
    cast(if(k >= 12, 1200, 0) as bigint) as customer_months_12m, cast(if(k >= 12, 12, 0) as bigint) as customers_lost_12m
from months, dim_branch, (values ('retail'), ('sme')) as segments (segment_code)
where branch_id in ('B01', 'B02')
order by all;

-- 60 of 80 active customers have a current account, 20 a mortgage; one gives up a mortgage every month
create table kpi_customer_products_month as
select
    month, branch_id, segment_code, region_id, age_band, product_family, customers_active,
    cast(holding as bigint) as customers_holding, cast(lost as bigint) as products_lost
from kpi_customers_month, (values ('current', 60, 0), ('mortgage', 20, 1)) as families (product_family, holding, lost)
order by all;

-- ten customers a quarter of 2024; one of each leaves in the first month, another in the third
create table kpi_customer_cohort as
select
    cast(ends.month as date) as month, '2024-Q' || quarter as cohort, cast(months_since as bigint) as months_since,
    'B01' as branch_id, 'retail' as segment_code, cast(10 as bigint) as customers_acquired,
    cast(10 - if(months_since > 0, 1, 0) - if(months_since > 2, 1, 0) as bigint) as customers_present
from range(1, 5) as quarters (quarter), range(0, 24) as since (months_since), months as ends
where ends.k = quarter * 3 - 1 + months_since
order by all;

create table kpi_deposit_concentration_month as
select month, cast(5000 as decimal(24, 2)) as deposits_top20, cast(10000 as decimal(24, 2)) as deposits
from months order by month;

-- 30 of 100 contacted take it, 10 of 50 held back
create table kpi_campaign_month as
select
    month, 'SPRING' as campaign_id, 'MTG' as product_id, cast(100 as bigint) as customers_treated,
    cast(30 as bigint) as treated_converted, cast(50 as bigint) as customers_control,
    cast(10 as bigint) as control_converted, cast(250 as decimal(24, 2)) as campaign_cost
from months where k = 3;

create table kpi_customers_reported_month (
    month date, acquisition_spend decimal(24, 2), estimated_wallet decimal(24, 2)
);

-- one account is marked as losing its deposits in the last month
create table fct_account_month as
select
    segment_code || branch_id || currency_code as account_id, month, month_end, 'C' || branch_id as customer_id,
    branch_id, 'CUR' as product_id, segment_code, currency_code, 'L1' as ledger_code,
    cast(balance as decimal(18, 2)) as balance, 'delivered' as balance_source,
    cast(balance * if(currency_code = 'USD', 0.5, 1) as decimal(24, 2)) as balance_reporting,
    cast(balance * days as decimal(24, 2)) as balance_days, cast(10 as decimal(18, 2)) as credits,
    cast(5 as decimal(18, 2)) as debits, cast(3 as bigint) as transaction_count,
    cast(2 as bigint) as customer_transaction_count, cast(month_end as date) as last_customer_transaction_date,
    true as is_open, k = 0 as is_opened, false as is_closed, false as is_dormant,
    segment_code || branch_id || currency_code = 'smeB01EUR' and k = 23 as is_balance_flight
from months, dim_branch, (
    values ('retail', 'EUR', 1000), ('sme', 'EUR', 4000), ('sme', 'USD', -50)
) as accounts (segment_code, currency_code, balance)
where branch_id in ('B01', 'B02')
order by all;

create table kpi_accounts_month as
select
    month, branch_id, product_id, segment_code, currency_code, 'monthly' as statement_frequency,
    cast(count(*) as bigint) as accounts_open, cast(0 as bigint) as accounts_dormant,
    cast(count(*) as bigint) as accounts_active, cast(count(*) filter (is_opened) as bigint) as accounts_opened,
    cast(0 as bigint) as accounts_closed,
    cast(count(*) filter (is_balance_flight) as bigint) as accounts_in_flight,
    cast(sum(greatest(balance_reporting, 0)) as decimal(24, 2)) as deposit_balance
from fct_account_month
group by all
order by all;

-- 10 transactions a day and branch by card and 10 by mobile, credits of 300 against debits of 200 in value
create table kpi_transactions_day as
select
    date_day, branch_id, 'CUR' as product_id, segment_code, channel, credit_debit_indicator, purpose_code,
    cast(5 as bigint) as txn_volume, cast(value as decimal(20, 2)) as txn_value,
    cast(4 as bigint) as customer_txn_volume, cast(case channel when 'mobile' then 4 else 0 end as bigint)
        as digital_txn_volume,
    cast(1 as bigint) as declined_volume, cast(10 as bigint) as attempted_volume, cast(0 as bigint) as retried_volume,
    cast(0 as bigint) as reversed_volume,
    cast(4 as bigint) as payments_received, cast(3 as bigint) as payments_straight_through
from dim_date, (values ('B01'), ('B02')) as branches (branch_id), (values ('retail')) as segments (segment_code),
    (values ('card_pos'), ('mobile')) as channels (channel),
    (values ('CRDT', 'SALA', 300), ('DBIT', 'GDDS', 200)) as directions (credit_debit_indicator, purpose_code, value)
where date_day < date '2026-01-01'
order by all;

create table kpi_transactions_hour_month as
select
    month, cast(1 as integer) as day_of_week, cast(hour as integer) as hour_of_day, 'mobile' as channel,
    cast(hour as bigint) as txn_volume, cast(hour * 10 as decimal(24, 2)) as txn_value,
    cast(1 as bigint) as declined_volume
from months, range(8, 10) as hours (hour)
order by all;

create table kpi_transactions_category_month as
select
    month, 'B01' as branch_id, 'retail' as segment_code, 'card_pos' as channel, '5411' as merchant_category,
    reject_reason, cast(volume as bigint) as txn_volume, cast(volume * 30 as decimal(24, 2)) as txn_value,
    cast(declined as bigint) as declined_volume
from months, (values ('none', 10, 0), ('invalid_pin', 0, 2)) as reasons (reject_reason, volume, declined)
order by all;

create table kpi_fraud_month as
select
    month, branch_id, channel, 'retail' as segment_code, cast(10000 as bigint) as txn_volume,
    cast(1000000 as decimal(20, 2)) as txn_value, cast(if(channel = 'card_pos', 10000, 0) as bigint) as card_volume,
    cast(if(channel = 'card_pos', 1, 0) as bigint) as chargebacks, cast(2 as bigint) as fraud_volume,
    cast(case channel when 'mobile' then 900 else 300 end as decimal(20, 2)) as fraud_value,
    cast(400 as decimal(20, 2)) as gross_loss, cast(150 as decimal(20, 2)) as recovered,
    cast(9000 as bigint) as scored_volume, cast(20 as bigint) as alerts, cast(5 as bigint) as alerts_confirmed
from months, (values ('B01'), ('B02')) as branches (branch_id), (values ('card_pos'), ('mobile')) as c (channel)
order by all;

-- on every first of a month four alerts on B01: a fraud of 900 stopped, two false alarms, one undecided
create table fct_alert as
select
    strftime(month, '%Y%m') || alert as alert_id, cast(month as timestamp) as created_at, month as created_date,
    'rules' as detector_id, '1' as detector_version, 'B01' as branch_id, 'CUR' as product_id, 'mobile' as channel,
    'retail' as segment_code, if(month = '2025-12-01' and alert = 4, 'T3', alert_id) as transaction_id,
    'X1' as instrument_id,
    cast(month + to_hours(hours) as timestamp) as disposed_at, 0.9 as score, if(hours is null, 'open', 'closed') as status, disposition,
    cast(hours as double) as hours_to_disposition, cast(900 as decimal(24, 2)) as amount,
    if(hours is null, 0, 1) as is_disposed, cast(disposition = 'fraud' as integer) as is_confirmed,
    cast(disposition = 'false_positive' as integer) as is_false,
    cast(if(disposition = 'fraud', 900, 0) as decimal(24, 2)) as value_stopped,
    cast(if(hours is null, 0, 20) as decimal(24, 2)) as handling_cost, cast(0 as decimal(24, 2)) as margin_lost
from months, (
    values (1, 'fraud', 2), (2, 'false_positive', 4), (3, 'false_positive', 12), (4, 'none', null)
) as alerts (alert, disposition, hours)
order by all;

-- the same day two frauds, of 900 and 300 on two cards; the rules saw the first after an hour, the model neither
create table fct_fraud_movement as
select
    detector_id, if(month = '2025-12-01' and amount = 900, 'F1', strftime(month, '%Y%m') || amount) as transaction_id,
    month as booking_date, if(month = '2025-12-01' and amount = 900, 'K1', 'X1') as instrument_id,
    cast(month + interval 2 day as timestamp) as known_at, 'B01' as branch_id,
    'CUR' as product_id, 'mobile' as channel, 'retail' as segment_code, 'takeover' as fraud_type,
    cast(amount as decimal(24, 2)) as amount, cast(if(seen, amount, 0) as decimal(24, 2)) as amount_alerted,
    1 as compromises, cast(seen as integer) as compromises_alerted, if(seen, 1.0, null) as hours_to_detect
from months, (
    values ('any', 900, true), ('any', 300, false), ('rules', 900, true), ('rules', 300, false),
    ('model', 900, false), ('model', 300, false)
) as frauds (detector_id, amount, seen)
order by all;

create table dim_account (
    account_id varchar, customer_id varchar, product_id varchar, start_date date, status varchar
);
insert into dim_account values ('A1', 'C1', 'CUR', '2020-01-01', 'open'), ('A2', 'C2', 'CUR', '2025-12-01', 'open');

create table dim_customer (
    customer_id varchar, customer_type varchar, age_band varchar, segment_code varchar, start_date date
);
insert into dim_customer values ('C1', 'person', '35-44', 'retail', '2019-05-01');

-- A1 pays 10 by card at M1 at noon on every day of November and the first nine of December, 39 times; on the 10th 20 at
-- M1, 500 online at M2 and a declined 10 at <M3>. A2 sends 50 once. F1 is the fraud of 900 above, T3 its open alert.
create table fct_transaction as
select
    transaction_id, account_id, customer_id, 'B01' as branch_id, 'CUR' as product_id, 'retail' as segment_code,
    cast(moment as timestamp) as booking_date_time, cast(moment as date) as booking_date,
    cast(date_trunc('month', moment) as date) as month, 'DBIT' as credit_debit_indicator,
    cast(amount as decimal(18, 2)) as amount, cast(-amount as decimal(18, 2)) as signed_amount,
    'EUR' as currency_code, status, channel, purpose as purpose_code, 'customer' as initiated_by,
    category as merchant_category_code, merchant as merchant_id, null::varchar as terminal_id, card as card_id,
    null::varchar as reject_reason
from (
    select
        'N' || strftime(d, '%m%d') as transaction_id, 'A1' as account_id, 'C1' as customer_id,
        d + interval 12 hour as moment, 10 as amount, 'BOOK' as status, 'card_pos' as channel, 'GDDS' as purpose,
        '5411' as category, 'M1' as merchant, 'K1' as card
    from range(timestamp '2025-11-01', timestamp '2025-12-10', interval 1 day) as days (d)
    union all values
    ('T1', 'A1', 'C1', timestamp '2025-12-10 09:00', 20, 'BOOK', 'card_pos', 'GDDS', '5411', 'M1', 'K1'),
    ('T2', 'A1', 'C1', timestamp '2025-12-10 09:30', 500, 'BOOK', 'card_ecom', 'GDDS', '7995', 'M2', 'K1'),
    ('T3', 'A1', 'C1', timestamp '2025-12-10 10:00', 10, 'RJCT', 'card_pos', 'GDDS', '5411', '<M3>', 'K1'),
    ('T4', 'A2', 'C2', timestamp '2025-12-11 10:00', 50, 'BOOK', 'web', 'RENT', null, null, null),
    ('F1', 'A1', 'C1', timestamp '2025-12-09 23:00', 70, 'BOOK', 'card_ecom', 'GDDS', '5732', 'M4', 'K1')
) as movements
order by all;

create table fct_transaction_score as
select transaction_id, month, booking_date_time, branch_id, segment_code, channel, 'model/1' as model_id, score
from fct_transaction inner join (
    values ('T1', 0.4), ('T2', 0.9995), ('T3', 0.97), ('T4', 0.9), ('F1', 0.9999)
) as scores (of_transaction, score) on transaction_id = of_transaction
order by all;

create table kpi_fraud_detector_day as
select
    cast(d as date) as date_day, detector_id, 1 as days, 100 as capacity,
    cast(if(day(d) = 1, 4, 0) as bigint) as alerts, cast(if(day(d) = 1, 1, 0) as bigint) as top_hits
from range(date '2024-01-01', date '2026-01-01', interval 1 day) as spine (d),
    (values ('any'), ('rules')) as detectors (detector_id)
order by all;

create table kpi_fraud_open_month as
select month, 'rules' as detector_id, age_band, cast(if(age_band = '0-30', 1, k) as bigint) as alerts_open
from months, (values ('0-30'), ('31-60'), ('61-90'), ('90+')) as bands (age_band)
order by all;

create table kpi_control_day as
select
    month_end as date_day, 'demo' as source, table_name, cast(1 as bigint) as deliveries,
    cast(1000 as bigint) as rows_delivered, cast(990 as bigint) as rows_loaded, cast(10 as bigint) as rows_quarantined
from months, (values ('transaction'), ('loan')) as tables (table_name)
order by all;

create table kpi_control_check_day as
select
    month_end as date_day, 'demo' as source, table_name, rule, dq_dimension, cast(1000 as bigint) as examined,
    cast(1000 - failed as bigint) as passed, cast(failed as bigint) as failed
from
    months, (values ('transaction'), ('loan')) as tables (table_name),
    (values ('required', 'completeness', 10), ('type', 'adaptability', 0)) as rules (rule, dq_dimension, failed)
order by all;

-- loans come a day later than transactions
create table kpi_control_delivery_month as
select
    month, 'demo' as source, table_name, month_end as newest_business_date,
    cast(month_end as timestamp) + interval 1 hour * hours as received_at, cast(hours as decimal(18, 2)) as lateness_hours
from months, (values ('transaction', 30), ('loan', 54)) as tables (table_name, hours)
order by all;

-- one account is a cent off from November 2025 on, and the last day of December does not foot
create table fct_recon_break (
    break_id varchar, kind varchar, date_day date, source varchar, table_name varchar, ledger_code varchar,
    cost_center_code varchar, branch_id varchar, currency_code varchar, expected decimal(24, 2), found decimal(24, 2),
    difference decimal(24, 2), difference_reporting decimal(24, 2), first_date date, age_days integer
);
insert into fct_recon_break values
(
    'subledger/1', 'subledger', '2025-11-30', 'demo', 'gl_balance', '2100', null, null, 'EUR', -10, -10.01, -0.01,
    -0.01, '2025-11-30', 31
),
(
    'subledger/2', 'subledger', '2025-12-31', 'demo', 'gl_balance', '2100', null, null, 'EUR', -10, -10.01, -0.01,
    -0.01, '2025-11-30', 31
),
(
    'trial_balance/1', 'trial_balance', '2025-12-31', 'demo', 'gl_balance', null, null, null, 'EUR', 0, 1234.5, 1234.5,
    1234.5, '2025-12-31', 0
);

create table kpi_control_break_month as
select
    month, kind, 'demo' as source,
    (select count(*) from fct_recon_break as b where b.kind = kinds.kind and b.date_day between month and month_end)
        as breaks,
    cast(coalesce(
        (select sum(abs(b.difference_reporting)) from fct_recon_break as b
        where b.kind = kinds.kind and b.date_day between month and month_end), 0
    ) as decimal(24, 2)) as amount,
    cast(case when kind = 'subledger' and month = '2025-12-01' then 31 else 0 end as integer) as oldest_age_days
from months, (values ('subledger'), ('trial_balance')) as kinds (kind)
order by all;

-- five banks from 3.1 to 3.5 % (nim), from 1.1 to 1.5 % (roa) and from 8.1 to 8.5 % (equity); the fifth is large
create table fct_peer_ratio as
select
    'P' || peer as entity_id, 'Peer ' || peer as entity_name, cast(quarter_end as date) as period_end, metric_id,
    basis, case when peer < 5 then '1 bn - 10 bn' else '> 250 bn' end as size_group, (low + peer * 0.1) / 100 as value,
    (low + peer * 0.1) / 100 as published, 'published' as value_source, 'unknown' as comparability
from range(1, 6) as peers (peer), (
    select distinct last_day(date_trunc('quarter', month) + interval 2 month) as quarter_end from months
), (values ('nim', 3.0), ('roa', 1.0), ('equity_to_assets', 8.0)) as ratios (metric_id, low),
    (values ('fdic_ytd'), ('fdic_qtr')) as bases (basis)
order by all;

-- December's evaluation of one model; by grade 6 and 4 of the 10 defaults, of 5 and 3 expected
create table fct_model_evaluation as
select
    'pd' as model, date '2024-06-30' as cut_off, month, part, case part when 'all' then 0.5e0 + k / 100.0 end as gini,
    case part when 'all' then 0.4e0 end as ks, cast(defaults as bigint) as defaults,
    cast(expected as double) as defaults_expected,
    case part when 'all' then 0.12e0 when 'feature:age' then 0.3e0 end as psi
from months, (
    values ('all', 10, 8.0), ('grade:A', 6, 5.0), ('grade:B', 4, 3.0), ('feature:age', 0, null)
) as parts (part, defaults, expected)
where k >= 12
order by all;

-- made on two days; the older one expects 1 more for every day
create table fct_forecast as
select
    metric_id, origin, cast(origin + cast(h as integer) as date) as date_day, cast(h as integer) as horizon,
    'prophet' as model, level + older as value, level + older - 10.0 as lower, level + older + 10.0 as upper,
    0.8 as interval
from (values ('deposit_balance', 2000.0), ('txn_volume', 40.0)) as series (metric_id, level),
    (values (date '2025-11-30', 1.0), (date '2025-12-31', 0.0)) as origins (origin, older), range(1, 91) as days (h)
order by all;

create table fct_forecast_backtest as
select
    metric_id, cast(month_end as date) as origin, 'prophet' as model, 90 as horizon_days, mase, 0.75 as coverage,
    mase < 1 as is_better_than_naive
from months, (values ('deposit_balance', 0.5), ('txn_volume', 1.25)) as series (metric_id, mase)
where k >= 18
order by all;

-- as delivered: percent as people write it, a year's by its first day
create table fct_target (
    metric_id varchar, dimension_key varchar, period date, target double, amber double, red double
);
insert into fct_target values
('net_profit', 'all', '2025-01-01', 90000, 80000, 70000), ('cost_to_income', 'all', '2025-01-01', 55, 60, 65),
('fraud_rate_bps', 'all', '2025-12-01', 6, 9, 12),
('net_interest_income', 'branch=B02', '2025-11-01', 4000, 3600, 3000),
('net_interest_income', 'branch=B02', '2025-12-01', 6000, 5500, 4000),
('total_deposits', 'branch=B01', '2025-12-01', 1000000, null, null);
