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

named as (

    select
        artist_id,
        track_id,
        rank as listed_rank,
        true as is_listed
    from listed_tracks
    union all
    select
        artist_id,
        track_id,
        null as listed_rank,
        false as is_listed
    from credits

),

known as (

    select
        titled_tracks.*,
        named.artist_id,
        named.listed_rank,
        named.is_listed,
        bool_or(named.is_listed) over (partition by named.artist_id) as has_a_list
    from named
    inner join artists on named.artist_id = artists.artist_id
    inner join titled_tracks on named.track_id = titled_tracks.track_id

),

candidates as (

    -- By rank where there is a list, else by popularity.
    select
        *,
        row_number() over (
            partition by artist_id
            order by
                listed_rank asc,
                case when is_listed then 0 else coalesce(popularity, -1) end desc,
                track_id asc
        ) as place
    from known
    where is_listed = has_a_list

),

recordings as (

    -- The best place of the same recording: of its code, and of its title at about its length.
    select
        *,
        min(place) over (partition by artist_id, isrc) as place_of_code,
        min(place) over (
            partition by artist_id, title
            order by duration_ms
            range between 2000 preceding and 2000 following
        ) as place_of_title
    from candidates

),

ranked as (

    select
        *,
        row_number() over (
            partition by artist_id
            order by place
        ) as rank
    from recordings
    where
        (isrc is null or place = place_of_code)
        and (title is null or duration_ms is null or place = place_of_title)

)

select
    artist_id,
    cast(rank as integer) as rank,
    track_id,
    name,
    album_name,
    image_url,
    popularity,
    {{ stamp_of_run() }} as changed_at
from ranked
where rank <= {{ var('top_tracks') }}
