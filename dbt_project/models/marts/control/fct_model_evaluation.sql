select
    model,
    cut_off,
    month,
    part,
    gini,
    ks,
    cast(defaults as bigint) as defaults,
    defaults_expected,
    psi
from {{ source('models', 'model_evaluation') }}
