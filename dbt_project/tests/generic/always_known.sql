{#- None of these columns is ever null. -#}
{% test always_known(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
where
    {{ columns | join(' is null\n    or ') }} is null

{% endtest %}
