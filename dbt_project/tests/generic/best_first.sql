{#- Within each list scores fall with rank, and equal scores are in the order of the ids. -#}
{% test best_first(model, list_of, entry) %}

with

neighbouring as (

    select
        {{ list_of }},
        rank,
        {{ entry }},
        score,
        lead(score) over (partition by {{ list_of }} order by rank) as next_score,
        lead({{ entry }}) over (partition by {{ list_of }} order by rank) as next_entry
    from {{ model }}

)

select
    {{ list_of }},
    rank,
    score,
    next_score
from neighbouring
where
    {{ entry }} = {{ list_of }}
    or score < next_score
    or (score = next_score and {{ entry }} > next_entry)

{% endtest %}
