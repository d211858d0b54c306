{#-
    What each source last said of each id of a scalar table: per column its newest value that is not null, so
    that an observation with gaps takes nothing away. `is_gone` says that the newest observation is the marker
    of a dead id, in which all columns but the id are null.

    An empty array (of genres, say) counts as null; name such columns in `arrays`.

    Observations that are not read again are older than those that are; so where the newly read ones have no
    value, the held row's is the newest. A column that the table has not yet, since this SQL gained it, has no held value.

    `changed_at` is the stamp of the run that wrote the row, which it does only where the row differs.
-#}
{% macro newest_values(table, id, columns, arrays=[]) -%}
    {%- set held = is_increment() -%}
    {%- set there = adapter.get_columns_in_relation(this) | map(attribute='name') | list if held else [] -%}
    {%- set until = held_until() -%}
    {%- set said = ([id, 'source'] + columns + ['is_gone', 'fetched_at']) | join(', ') -%}
    with

    observations as (

        {{ new_observations(table, [id] + columns, less_lookback(until.fetched_at)) | indent(8) }}

    ),

    in_order as (

        -- The columns come into the order only to make it total.
        select
            observations.*,
            row_number() over (
                partition by {{ id }}, source
                order by fetched_at, run_id, {{ columns | join(', ') }}
            ) as place
        from observations

    ),

    newest as (

        select
            {{ id }},
            source,
            {%- for column in columns %}
            max_by({{ column }}, place) filter (
                where {{ array_size(column) ~ ' > 0' if column in arrays else column ~ ' is not null' }}
            ) as {{ column }},
            {%- endfor %}
            max_by({{ columns | join(' is null and ') }} is null, place) as is_gone,
            max(fetched_at) as fetched_at
        from in_order
        group by {{ id }}, source

    ){% if held %},

    held as (

        select * from {{ this }}

    ),

    changed as (

        -- What was read again and is held already needs no writing.
        select
            newest.{{ id }},
            newest.source,
            {%- for column in columns %}
            {{ 'coalesce(newest.' ~ column ~ ', held.' ~ column ~ ')' if column in there else 'newest.' ~ column }} as {{ column }},
            {%- endfor %}
            newest.is_gone,
            newest.fetched_at
        from newest
        left join held
            on
                newest.{{ id }} = held.{{ id }}
                and newest.source = held.source
        where
            {%- for column in columns %}
            {{
                'coalesce(newest.' ~ column ~ ', held.' ~ column ~ ') is distinct from held.' ~ column
                if column in there else 'newest.' ~ column ~ ' is not null'
            }}
            or {% endfor %}newest.is_gone is distinct from held.is_gone
            or newest.fetched_at is distinct from held.fetched_at

    )
    {%- endif %}

    select {{ said }}, {{ stamp(until.changed_at) }} as changed_at
    from {{ 'changed' if held else 'newest' }}
{%- endmacro %}
