{#
  The grain of a model: every combination of `columns` once, none of them NULL. With `event_time` (partitioned
  models) only the months of the run are read.
#}
{% test one_row_per(model, columns, event_time=none) %}

select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ model }}
where {{ in_tested_months(event_time) }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
