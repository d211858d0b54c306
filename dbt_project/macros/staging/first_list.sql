{#-
    The entries of the first source's list, in the order of `source_priority`, for each parent. An empty list
    is a list: what a better source says has no entries, has none. `relation` holds what `newest_lists` makes.
-#}
{% macro first_list(relation, parent, fields) -%}
    with

    lists as (

        select * from {{ relation }}

    ),

    in_order as (

        select
            lists.*,
            row_number() over (
                partition by {{ parent }}
                order by {{ source_place('source') | indent(16) }}, source
            ) as place
        from lists

    )

    select
        in_order.{{ parent }},
        {%- for name, type in fields %}
        entry.{{ name }},
        {%- endfor %}
        in_order.source,
        in_order.fetched_at
    from in_order
    {{ unnest_rows('in_order.entries', fields) }}
    where in_order.place = 1
{%- endmacro %}
