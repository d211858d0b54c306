{{ config(materialized='table', format='parquet', write_compression='zstd') }}

select
    plays.track_id,
    count(*) as plays,
    count(distinct plays.user_id) as listeners,
    sum(plays.ms_played) / 60000 as minutes,
    max_by(plays.user_id, plays.ms_played) as top_user,
    array_join(array_agg(distinct genres.genre order by genres.genre), '|') as genres,
    cast(avg(plays.ms_played) as double) as avg_ms
from {{ ref('stg_plays') }} as plays
left join {{ ref('genres') }} as genres on plays.genre_id = genres.genre_id
group by 1
