-- What the accounts and loans add up to is what the ledger says, to the cent.
select *
from {{ ref('int_subledger_compared') }}
where difference <> 0
