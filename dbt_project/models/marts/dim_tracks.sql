{{
    config(
        materialized='renewed',
        unique_key=['track_id'],
        renewed_by={'track_id': 'int_renewed_tracks.track_id'},
    )
}}

with

tracks as (

    select * from {{ renewed('stg_tracks', 'track_id', 'int_renewal_tracks') }}

),

credits as (

    select * from {{ renewal('stg_track_artists', 'int_renewal_credits') }}

),

artists as (

    select * from {{ ref('stg_artists') }}

),

credited as (

    select
        credits.track_id,
        artists.artist_id,
        artists.name,
        row_number() over (
            partition by credits.track_id
            order by credits.position, credits.artist_id
        ) as place
    from credits
    inner join artists on credits.artist_id = artists.artist_id

),

track_credits as (

    select
        track_id,
        min_by(artist_id, place) as artist_id,
        min_by(name, place) as artist_name,
        array_agg(artist_id order by place) as artist_ids,
        array_agg(name order by place) as artist_names
    from credited
    group by track_id

)

select
    tracks.track_id,
    tracks.name,
    track_credits.artist_id,
    track_credits.artist_name,
    coalesce(track_credits.artist_ids, {{ empty_strings() }}) as artist_ids,
    coalesce(track_credits.artist_names, {{ empty_strings() }}) as artist_names,
    tracks.album_id,
    tracks.album_name,
    tracks.release_date,
    -- Told by the date itself: date and precision may have come from two sources.
    case length(tracks.release_date)
        when 4 then 'year'
        when 7 then 'month'
        when 10 then 'day'
    end as release_date_precision,
    try_cast(substr(tracks.release_date, 1, 4) as integer) as release_year,
    tracks.popularity,
    tracks.explicit,
    tracks.duration_ms,
    tracks.isrc,
    tracks.image_url,
    tracks.sources,
    tracks.fetched_at,
    {{ stamp_of_run() }} as changed_at
from tracks
left join track_credits on tracks.track_id = track_credits.track_id
