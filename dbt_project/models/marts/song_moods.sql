with

moods as (

    select * from {{ ref('stg_track_moods') }}

),

tracks as (

    select * from {{ ref('dim_tracks') }}

)

select
    moods.track_id,
    moods.mood,
    moods.mood_version
from moods
inner join tracks on moods.track_id = tracks.track_id
