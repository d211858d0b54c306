with

similar_artists as (

    select * from {{ ref('artist_similarity') }}

),

points as (

    select * from {{ ref('int_track_points') }}

),

performers as (

    select distinct
        artist_id,
        artist_number
    from points
    where artist_id is not null

),

akin as (

    select
        artist_id,
        artist_id as kin_id,
        cast(0 as bigint) as kin_rank
    from performers
    union all
    select
        artist_id,
        related_id as kin_id,
        cast(rank as bigint) as kin_rank
    from similar_artists

)

select
    akin.artist_id,
    akin.kin_id,
    akin.kin_rank,
    performers.artist_number,
    kin.artist_number as kin_number
from akin
inner join performers on akin.artist_id = performers.artist_id
left join performers as kin on akin.kin_id = kin.artist_id
