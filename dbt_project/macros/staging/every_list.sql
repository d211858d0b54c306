{#- The entries of every source's list, for each parent. `relation` holds what `newest_lists` makes. -#}
{% macro every_list(relation, parent, fields) -%}
    with

    lists as (

        select * from {{ relation }}

    )

    select
        lists.{{ parent }},
        {%- for name, type in fields %}
        entry.{{ name }},
        {%- endfor %}
        lists.source,
        lists.fetched_at
    from lists
    {{ unnest_rows('lists.entries', fields) }}
{%- endmacro %}
