{{
    config(
        materialized='renewed',
        unique_key=['artist_id', 'rank'],
        ranks=var('top_tracks'),
        renewed_by={'artist_id': 'int_renewed_artists.artist_id'},
    )
}}

with

artists as (

    select * from {{ renewed('dim_artists', 'artist_id') }}

),

tracks as (

    select * from {{ renewal('dim_tracks', 'int_renewal_tracks') }}

),

credits as (

    select * from {{ renewal('stg_track_artists', 'int_renewal_credits') }}

),

listed_tracks as (

    select * from {{ renewed('stg_artist_top_tracks', 'artist_id') }}

),

titled_tracks as (

    select
        track_id,
        name,
        album_name,
        image_url,
        popularity,
        duration_ms,
        isrc,
        {{ recording_title('name') }} as title
    from tracks

),

listed as (

    select
        listed_tracks.artist_id,
        listed_tracks.track_id,
        row_number() over (
            partition by listed_tracks.artist_id
            order by listed_tracks.rank, listed_tracks.track_id
        ) as place
    from listed_tracks
    inner join titled_tracks on listed_tracks.track_id = titled_tracks.track_id

),

with_a_list as (

    select distinct artist_id
    from listed

),

by_popularity as (

    select
        credits.artist_id,
        credits.track_id,
        row_number() over (
            partition by credits.artist_id
            order by coalesce(titled_tracks.popularity, -1) desc, credits.track_id asc
        ) as place
    from credits
    inner join titled_tracks on credits.track_id = titled_tracks.track_id
    left join with_a_list on credits.artist_id = with_a_list.artist_id
    where with_a_list.artist_id is null

),

places as (

    select * from listed
    union all
    select * from by_popularity

),

candidates as (

    select
        titled_tracks.*,
        places.artist_id,
        places.place
    from places
    inner join artists on places.artist_id = artists.artist_id
    inner join titled_tracks on places.track_id = titled_tracks.track_id

),

recorded_before as (

    -- The same recording as a candidate in a better place: by its code, or by title and length.
    select distinct
        candidates.artist_id,
        candidates.track_id
    from candidates
    inner join candidates as better
        on
            candidates.artist_id = better.artist_id
            and candidates.isrc = better.isrc
            and candidates.place > better.place
    union
    select distinct
        candidates.artist_id,
        candidates.track_id
    from candidates
    inner join candidates as better
        on
            candidates.artist_id = better.artist_id
            and candidates.title = better.title
            and candidates.place > better.place
            and abs(candidates.duration_ms - better.duration_ms) <= 2000

),

ranked as (

    select
        candidates.*,
        row_number() over (
            partition by candidates.artist_id
            order by candidates.place
        ) as rank
    from candidates
    left join recorded_before
        on
            candidates.artist_id = recorded_before.artist_id
            and candidates.track_id = recorded_before.track_id
    where recorded_before.track_id is null

)

select
    artist_id,
    cast(rank as integer) as rank,
    track_id,
    name,
    album_name,
    image_url,
    popularity
from ranked
where rank <= {{ var('top_tracks') }}
