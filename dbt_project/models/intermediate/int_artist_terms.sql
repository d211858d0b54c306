{{
    config(
        materialized='renewed',
        unique_key=['artist_id', 'term'],
        renewed_by={'artist_id': 'int_renewed_artists.artist_id'},
    )
}}

with

artists as (

    select * from {{ renewed('stg_artists', 'artist_id') }}

),

artist_tags as (

    select * from {{ renewed('stg_artist_tags', 'artist_id') }}

),

genres as (

    select
        artists.artist_id,
        100 as weight,
        lower(trim(unnested.genre)) as term
    from artists
    cross join unnest(artists.genres) as unnested (genre)

),

tags as (

    select
        artist_tags.artist_id,
        lower(trim(artist_tags.tag)) as term,
        max(cast(round(100 * coalesce(artist_tags.weight, 0.5e0)) as integer)) as weight
    from artist_tags
    inner join artists on artist_tags.artist_id = artists.artist_id
    group by artist_tags.artist_id, lower(trim(artist_tags.tag))

),

ranked_tags as (

    select
        artist_id,
        term,
        weight,
        row_number() over (partition by artist_id order by weight desc, term asc) as place
    from tags

),

spoken as (

    select
        artist_id,
        term,
        weight
    from genres
    union all
    select
        artist_id,
        term,
        weight
    from ranked_tags
    where
        place <= 8
        and weight > 0

)

select
    artist_id,
    term,
    max(weight) as weight,
    {{ stamp_of_run() }} as changed_at
from spoken
where term <> ''
group by artist_id, term
