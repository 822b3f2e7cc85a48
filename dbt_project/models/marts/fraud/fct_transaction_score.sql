{{
    config(
        materialized='incremental',
        event_time='booking_date_time',
        begin=var('begin'),
        meta={'reach': 'end'},
    )
}}

select
    scores.transaction_id,
    {{ month_start('scores.booking_date_time') }} as month,
    scores.booking_date_time,
    transactions.branch_id,
    transactions.segment_code,
    transactions.channel,
    scores.model_id,
    scores.cut_off,
    scores.score
from {{ source('models', 'transaction_score') }} as scores
inner join {{ ref('fct_transaction') }} as transactions
    on scores.transaction_id = transactions.transaction_id
