{#-
    What an artist's list is made from, one row per artist; `similarity_basis_columns` are its columns. Links are
    told as text: whom, how much they weigh, and over which song.
-#}
{% macro similarity_basis() -%}
    select
        points.artist_id,
        points.model_version,
        points.is_listed,
        points.vector,
        points.span,
        artists.genres,
        {%- for feature in var('similarity_features') %}
        sounds.{{ feature }},
        {%- endfor %}
        linked.links
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
{%- endmacro %}

{% macro similarity_basis_columns() -%}
    {{ (
        ['artist_id', 'model_version', 'is_listed', 'vector', 'span', 'genres']
        + var('similarity_features') + ['links']
    ) | join(', ') }}
{%- endmacro %}
