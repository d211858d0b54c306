{{ config(materialized='view') }}

select
    track_id,
    user_id,
    cast(played_at as timestamp(3)) as played_at,
    ms_played,
    artists,
    genre_id,
    lower(to_hex(md5(to_utf8(concat(user_id, '|', track_id))))) as play_key,
    date_trunc('day', played_at) as play_day,
    element_at(artists, 1) as main_artist,
    dt
from {{ source('raw', 'plays') }}
where ms_played > 0
