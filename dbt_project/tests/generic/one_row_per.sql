{#- The grain: no two rows share these columns, and none of them is null. -#}
{% test one_row_per(model, columns) %}

select
    {{ columns | join(',\n    ') }},
    count(*) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    or {{ columns | join(' is null\n    or ') }} is null

{% endtest %}
