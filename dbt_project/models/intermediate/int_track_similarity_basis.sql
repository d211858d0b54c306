{{
    config(
        materialized='renewed',
        unique_key=['track_id'],
        renewed_by={'track_id': 'int_track_similarity_changes.track_id'},
    )
}}

-- Written only after the lists: what they were made from.
-- depends_on: {{ ref('track_similarity') }}
with

changes as (

    select * from {{ ref('int_track_similarity_changes') }}

)

select
    track_id,
    digest,
    artist_id,
    is_best_known,
    cell
from changes
where digest is not null
