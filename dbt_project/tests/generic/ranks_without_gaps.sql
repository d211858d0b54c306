{#- The ranks of each list are 1, 2, … without a gap, no more than `at_most`. -#}
{% test ranks_without_gaps(model, list_of, at_most) %}

select
    {{ list_of }},
    count(*) as entries,
    min(rank) as first_rank,
    max(rank) as last_rank
from {{ model }}
group by {{ list_of }}
having
    min(rank) <> 1
    or max(rank) <> count(*)
    or count(*) > {{ at_most }}

{% endtest %}
