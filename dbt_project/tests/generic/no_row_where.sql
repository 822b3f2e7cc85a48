{# No row for which `condition` holds: an identity of the model, stated as its violation. #}
{% test no_row_where(model, condition, event_time=none) %}

select *
from {{ model }}
where
    {{ in_tested_months(event_time) }}
    and ({{ condition }})

{% endtest %}
