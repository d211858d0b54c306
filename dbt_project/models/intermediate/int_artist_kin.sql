with

similar_artists as (

    select * from {{ ref('artist_similarity') }}

),

points as (

    select * from {{ ref('int_track_points') }}

),

performers as (

    select distinct artist_id
    from points
    where artist_id is not null

)

select
    artist_id,
    artist_id as kin_id,
    cast(0 as bigint) as kin_rank
from performers
union all
select
    similar_artists.artist_id,
    similar_artists.related_id as kin_id,
    cast(similar_artists.rank as bigint) as kin_rank
from similar_artists
inner join performers on similar_artists.artist_id = performers.artist_id
