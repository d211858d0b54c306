{{
    config(
        materialized='renewed',
        unique_key=['artist_id', 'rank'],
        ranks=var('similar_artists'),
        renewed_by={'artist_id': 'int_artist_neighbours.artist_id'},
    )
}}

with

neighbours as (

    select * from {{ ref('int_artist_neighbours') }}

),

links as (

    select * from {{ ref('int_artist_links') }}

),

artists as (

    select * from {{ ref('dim_artists') }}

),

sounds as (

    select * from {{ ref('int_artist_vectors') }}

),

computed as (

    select
        neighbours.artist_id,
        neighbours.rank,
        neighbours.related_id,
        {{ score('neighbours.millionths') }} as score,
        neighbours.model_version,
        {{ shared_strings('owners.genres', 'related.genres') }} as shared_genres,
        case
            when owner_sounds.artist_id is null or related_sounds.artist_id is null then {{ empty_strings() }}
            else {{ close_features('owner_sounds', 'related_sounds') | indent(12) }}
        end as close_features,
        links.shared_track,
        neighbours.genre_part / 1e6 as genre_part,
        neighbours.era_part / 1e6 as era_part,
        neighbours.popularity_part / 1e6 as popularity_part,
        neighbours.sound_part / 1e6 as sound_part,
        coalesce(links.together_bonus, 0) / 1e6 as together_part,
        coalesce(links.related_bonus, 0) / 1e6 as related_part
    from neighbours
    inner join artists as owners on neighbours.artist_id = owners.artist_id
    inner join artists as related on neighbours.related_id = related.artist_id
    left join sounds as owner_sounds on neighbours.artist_id = owner_sounds.artist_id
    left join sounds as related_sounds on neighbours.related_id = related_sounds.artist_id
    left join links
        on
            neighbours.artist_id = links.artist_id
            and neighbours.related_id = links.related_id

)

select
    *,
    {{ stamp_of_run() }} as changed_at
from computed
