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

dated as (

    select
        credits.artist_id,
        try_cast(substr(tracks.release_date, 1, 4) as integer) as release_year
    from credits
    inner join tracks on credits.track_id = tracks.track_id

),

catalogues as (

    -- The mean, rounded in whole numbers, or engines would differ.
    select
        artist_id,
        count(*) as n_tracks,
        (2 * sum(release_year) + count(release_year)) / nullif(2 * count(release_year), 0) as release_year
    from dated
    group by artist_id

)

select
    artists.artist_id,
    artists.popularity,
    cast(catalogues.release_year as integer) as release_year,
    cast(coalesce(catalogues.n_tracks, 0) as integer) as n_tracks,
    {{ stamp_of_run() }} as changed_at
from artists
left join catalogues on artists.artist_id = catalogues.artist_id
