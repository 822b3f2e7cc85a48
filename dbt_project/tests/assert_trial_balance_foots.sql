-- The ledger's signed closings sum to zero on every business day, in every currency. A figure made from a
-- ledger that does not foot is wrong somewhere.
select *
from {{ ref('int_trial_balance_summed') }}
where difference <> 0
