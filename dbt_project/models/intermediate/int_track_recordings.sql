{{ config(materialized='view') }}

with

tracks as (

    select * from {{ ref('dim_tracks') }}

)

select
    track_id,
    artist_id,
    release_year,
    popularity,
    isrc,
    artist_id || ' ' || {{ recording_title('name') }} as artist_title
from tracks
