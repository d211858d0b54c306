{{
    config(
        materialized='renewed',
        unique_key=['artist_id'],
        renewed_by={'artist_id': 'int_renewed_artists.artist_id'},
    )
}}

with

artists as (

    select * from {{ renewed('stg_artists', 'artist_id') }}

),

credits as (

    select * from {{ renewal('stg_track_artists', 'int_renewal_credits') }}

),

tracks as (

    select * from {{ renewal('stg_tracks', 'int_renewal_tracks') }}

),

artist_tags as (

    select * from {{ renewed('stg_artist_tags', 'artist_id') }}

),

known_tracks as (

    select
        credits.artist_id,
        count(*) as n_tracks
    from credits
    inner join tracks on credits.track_id = tracks.track_id
    group by credits.artist_id

),

weighed_tags as (

    select
        artist_id,
        tag,
        max(coalesce(weight, 0)) as weight
    from artist_tags
    group by artist_id, tag

),

ranked_tags as (

    select
        artist_id,
        tag,
        row_number() over (partition by artist_id order by weight desc, tag asc) as place
    from weighed_tags

),

top_tags as (

    select
        artist_id,
        array_agg(tag order by place) as tags
    from ranked_tags
    where place <= 5
    group by artist_id

)

select
    artists.artist_id,
    artists.name,
    artists.followers,
    artists.popularity,
    -- No genre is as good as none known: then what listeners and editors call the artist is.
    case
        when {{ array_size('artists.genres') }} > 0 then artists.genres
        else coalesce(top_tags.tags, {{ empty_strings() }})
    end as genres,
    artists.image_url,
    cast(coalesce(known_tracks.n_tracks, 0) as integer) as n_tracks,
    artists.sources,
    artists.fetched_at,
    {{ stamp_of_run() }} as changed_at
from artists
left join known_tracks on artists.artist_id = known_tracks.artist_id
left join top_tags on artists.artist_id = top_tags.artist_id
