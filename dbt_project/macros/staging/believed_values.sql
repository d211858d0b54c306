{#-
    What to believe of each id of a scalar table: per column the first value that is not null, in the order of
    `source_priority`, among the sources by which the id is not gone. An id that is gone by every source that
    knows it is left out. `relation` holds what `newest_values` makes.
-#}
{% macro believed_values(relation, id, columns) -%}
    with

    by_source as (

        select * from {{ relation }}

    ),

    in_order as (

        select
            by_source.*,
            row_number() over (
                partition by {{ id }}
                order by {{ source_place('source') | indent(16) }}, source
            ) as place
        from by_source
        where not is_gone

    )

    select
        {{ id }},
        {%- for column in columns %}
        min_by({{ column }}, place) filter (where {{ column }} is not null) as {{ column }},
        {%- endfor %}
        array_agg(source order by place) as sources,
        max(fetched_at) as fetched_at
    from in_order
    group by {{ id }}
{%- endmacro %}
