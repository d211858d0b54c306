{#-
    The newest complete list of each parent by each source, one row per list with its entries in an array, so
    that replacing the row replaces the list, however much shorter or emptier it got. The entries of an empty
    list are null; its marker is a row in which all columns but the parent are null.

    `key` are the fields that make an entry one within its list; `fields` are [name, type] of all of them.
    `changed_at` is the stamp of the run that wrote the row, which it does only where the row differs.
-#}
{% macro newest_lists(table, parent, key, fields) -%}
    {%- set names = fields | map('first') | list -%}
    {%- set others = names | reject('in', key) | list -%}
    {%- set until = held_until() -%}
    {%- set since = less_lookback(until.fetched_at) -%}
    with

    observations as (

        {{ new_observations(table, [parent] + names, since) | indent(8) }}

    ),

    in_order as (

        select
            observations.*,
            rank() over (
                partition by {{ parent }}, source
                order by fetched_at desc, run_id desc
            ) as age,
            {#- All columns are in the order, to make it total. #}
            row_number() over (
                partition by {{ parent }}, source, fetched_at, run_id, {{ key | join(', ') }}
                order by {{ (others or key) | join(', ') }}
            ) as copy
        from observations

    ),

    newest as (

        select
            {{ parent }},
            source,
            array_agg({{ row_of(fields) }} order by {{ (key + others) | join(', ') }})
                filter (where {{ key[0] }} is not null) as entries,
            max(fetched_at) as fetched_at
        from in_order
        where
            age = 1
            and copy = 1
        group by {{ parent }}, source

    )

    {%- if is_increment() %},

    held as (

        -- A list that was read again is held under the same moment.
        select * from {{ this }}
        {%- if since %}
        where fetched_at > {{ timestamp_literal(since) }}
        {%- endif %}

    ),

    changed as (

        -- What was read again and is held already needs no writing.
        select {{ parent }}, source, entries, fetched_at
        from newest
        except
        select {{ parent }}, source, entries, fetched_at
        from held

    )
    {%- endif %}

    select {{ parent }}, source, entries, fetched_at, {{ stamp(until.changed_at) }} as changed_at
    from {{ 'changed' if is_increment() else 'newest' }}
{%- endmacro %}
