{#-
    The ids whose list of similar ones this run computes anew; completes a query that has the CTE `present`:
    what lists are made from now, with `id`, the normalised features, model_version and `others`.

    `lists` and `basis` are the lists that stand and what they were made from, or none. Without them every
    list is made. With them those that can differ: of ids that are new or changed; that hold an id that
    changed or vanished; that a new or changed id is near enough to enter; and those that are missing. What
    changed is told by comparing, so that nothing is overlooked that reached staging on another way or whose
    run died before its lists were made.
-#}
{% macro lists_to_renew(id, related_id, size, others, lists, basis) -%}
    {%- if not (lists and basis) %}
    select {{ id }}
    from present
    {%- else %}
    {%- set columns = ([id] + var('similarity_features') + ['model_version'] + others) | join(', ') -%}
    , basis as (

        select * from {{ basis }}

    ),

    lists as (

        select * from {{ lists }}

    ),

    other_models as (

        -- Made by another model than the present one, every list is out of date.
        select distinct basis.model_version
        from basis
        left join present on basis.model_version = present.model_version
        where present.model_version is null

    ),

    differing as (

        (select {{ columns }} from present except select {{ columns }} from basis)
        union all
        (select {{ columns }} from basis except select {{ columns }} from present)

    ),

    changed as (

        select distinct {{ id }}
        from differing
        where not exists (select 1 from other_models)

    ),

    reach as (

        -- How near another must come to enter a list.
        select
            {{ id }},
            max(rank) as entries,
            max({{ millionths_of_score('score') }}) as millionths
        from lists
        group by {{ id }}

    ),

    bounded as (

        select
            present.*,
            case
                when reach.entries = {{ size }} then {{ squared_radius('reach.millionths') }}
                else {{ squared_radius(1000000) }}
            end as squared_radius
        from present
        inner join reach on present.{{ id }} = reach.{{ id }}

    ),

    newcomers as (

        select present.*
        from present
        inner join changed on present.{{ id }} = changed.{{ id }}

    ),

    affected as (

        select {{ id }} from changed
        union
        select lists.{{ id }}
        from lists
        inner join changed on lists.{{ related_id }} = changed.{{ id }}
        union
        select bounded.{{ id }}
        from bounded
        inner join newcomers on {{ squared_distance('bounded', 'newcomers') }} <= bounded.squared_radius
        union
        select present.{{ id }}
        from present
        left join reach on present.{{ id }} = reach.{{ id }}
        where
            reach.{{ id }} is null
            or exists (select 1 from other_models)

    )

    select present.{{ id }}
    from present
    inner join affected on present.{{ id }} = affected.{{ id }}
    {%- endif %}
{%- endmacro %}
