with

moods as (

    select * from {{ ref('stg_artist_moods') }}

),

artists as (

    select * from {{ ref('dim_artists') }}

),

ranked as (

    select
        moods.*,
        row_number() over (
            partition by moods.artist_id
            order by moods.n_tracks desc, moods.mood asc
        ) as rank
    from moods
    inner join artists on moods.artist_id = artists.artist_id

)

select
    artist_id,
    cast(rank as integer) as rank,
    mood,
    n_tracks,
    share,
    (
        rank = 1
        and share >= {{ var('main_mood_share') }}
        and n_tracks >= {{ var('main_mood_tracks') }}
    ) as is_main,
    mood_version
from ranked
