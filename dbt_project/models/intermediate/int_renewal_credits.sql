with

credits as (

    select * from {{ ref('stg_track_artists') }}

),

listed as (

    select * from {{ ref('stg_artist_top_tracks') }}

),

artists as (

    select * from {{ ref('int_renewed_artists') }}

),

tracks as (

    select * from {{ ref('int_renewed_tracks') }}

),

wanted as (

    select credits.track_id
    from credits
    inner join artists on credits.artist_id = artists.artist_id
    union
    select listed.track_id
    from listed
    inner join artists on listed.artist_id = artists.artist_id
    union
    select track_id
    from tracks

)

select
    credits.track_id,
    credits.artist_id,
    credits.position
from credits
inner join wanted on credits.track_id = wanted.track_id
{%- if not is_partial() %}
-- What is made anew as a whole reads them all.
where false
{%- endif %}
