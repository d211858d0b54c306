{#-
    What an artist's list is made from, in one digest: its point, whom it is tied to, how much they weigh and over
    which song, and what the reasons are told by. One row per artist that can be compared or is tied to somebody.
-#}
{% macro similarity_basis() -%}
    {%- set scalars = ['points.model_version', 'points.is_listed', 'points.is_compared', 'points.span'] -%}
    {%- for feature in var('similarity_features') -%}
        {%- do scalars.append('sounds.' ~ feature) -%}
    {%- endfor -%}
    select
        points.artist_id,
        {{ digest(scalars, ['points.vector', 'artists.genres', 'linked.links']) | indent(8) }} as digest
    from {{ ref('int_artist_points') }} as points
    inner join {{ ref('dim_artists') }} as artists on points.artist_id = artists.artist_id
    left join {{ ref('int_artist_vectors') }} as sounds on points.artist_id = sounds.artist_id
    left join (
        select
            artist_id,
            array_agg(
                related_id
                || ' ' || cast(together_bonus as varchar)
                || ' ' || cast(related_bonus as varchar)
                || ' ' || coalesce(shared_track, '')
                order by related_id
            ) as links
        from {{ ref('int_artist_links') }}
        group by artist_id
    ) as linked
        on points.artist_id = linked.artist_id
    where
        points.is_compared
        or linked.artist_id is not null
{%- endmacro %}
