{#
  Nothing of this kind stands open in the books. A break does not hold up the figures: they are published, but as
  provisional. That it keeps them from being final is decided here, and nowhere else.
#}
{% test no_break(model, kind) %}
{{ config(severity='warn', meta={'blocks': 'final'}) }}

select *
from {{ model }}
where kind = '{{ kind }}'

{% endtest %}
