{{
    config(
        materialized='renewed',
        unique_key=['track_id'],
        renewed_by={'track_id': 'int_track_similarity_scope.track_id'},
    )
}}

-- Written only after the lists: what they were made from.
with

scope as (

    select * from {{ ref('int_track_similarity_scope') }}

),

lists as (

    select * from {{ written('track_similarity') }}

),

lengths as (

    select
        track_id,
        count(*) as n_songs,
        max({{ millionths_of_score('score') }}) as farthest
    from lists
    group by track_id

)

-- Songs of anybody can be in the lists that are open, so these depend on the cells that they look into.
select
    scope.track_id,
    scope.digest,
    scope.artist_id,
    scope.is_best_known,
    scope.cell,
    coalesce(lengths.n_songs, 0) < {{ var('similar_tracks') }}
    or lengths.farthest >= {{ strangers_millionths() }} as is_open,
    {{ stamp_of_run() }} as changed_at
from scope
left join lengths on scope.track_id = lengths.track_id
where scope.digest is not null
