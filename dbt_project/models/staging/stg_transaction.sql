{{ config(event_time='booking_date_time') }}

select
    {{ clean('transaction_id') }} as transaction_id,
    {{ clean('account_id') }} as account_id,
    booking_date_time,
    cast(booking_date_time as date) as booking_date,
    {{ month_start('booking_date_time') }} as month,
    value_date_time,
    credit_debit_indicator,
    amount,
    -- what the row does to the balance: nothing unless it was booked
    case
        when status not in ('BOOK', 'RVSL') then cast(0 as decimal(18, 2))
        when credit_debit_indicator = 'CRDT' then amount
        else -amount
    end as signed_amount,
    currency_code,
    status,
    -- a reversed payment was booked; the row that takes it back names it in reversal_of
    status in ('BOOK', 'RVSL') as is_booked,
    balance_after,
    {{ clean('bank_transaction_code') }} as bank_transaction_code,
    {{ clean('proprietary_code') }} as proprietary_code,
    {{ clean('purpose_code') }} as purpose_code,
    channel,
    {{ known('initiated_by') }} as initiated_by,
    {{ clean('counterparty_account') }} as counterparty_account,
    {{ clean('counterparty_bank') }} as counterparty_bank,
    {{ clean('merchant_id') }} as merchant_id,
    merchant_category_code,
    {{ clean('terminal_id') }} as terminal_id,
    {{ clean('card_id') }} as card_id,
    charge_amount,
    {{ clean('loan_id') }} as loan_id,
    {{ clean('reject_reason') }} as reject_reason,
    manual_touch,
    {{ clean('reversal_of') }} as reversal_of,
    version_id
from {{ source('raw', 'transaction') }}
