with

tracks as (

    select * from {{ ref('stg_tracks') }}

),

credits as (

    select * from {{ ref('int_renewal_credits') }}

),

listed as (

    select * from {{ renewed('stg_artist_top_tracks', 'artist_id') }}

),

renewed as (

    select * from {{ ref('int_renewed_tracks') }}

),

wanted as (

    select track_id from credits
    union
    select track_id from listed
    union
    select track_id from renewed

)

select
    tracks.track_id,
    tracks.name,
    tracks.album_id,
    tracks.album_name,
    tracks.release_date,
    tracks.release_date_precision,
    tracks.popularity,
    tracks.explicit,
    tracks.duration_ms,
    tracks.isrc,
    tracks.image_url,
    tracks.sources,
    tracks.fetched_at
from tracks
inner join wanted on tracks.track_id = wanted.track_id
{%- if not is_partial() %}
-- What is made anew as a whole reads them all.
where false
{%- endif %}
