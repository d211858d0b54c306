{{
    config(
        materialized='renewed',
        unique_key=['track_id'],
        renewed_by={'track_id': 'int_renewed_tracks.track_id'},
    )
}}

with

tracks as (

    select * from {{ renewed('dim_tracks', 'track_id') }}

)

select
    track_id,
    isrc,
    artist_id || ' ' || {{ recording_title('name') }} as artist_title
from tracks
