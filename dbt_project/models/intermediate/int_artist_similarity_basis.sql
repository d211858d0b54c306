{{
    config(
        materialized='renewed',
        unique_key=['artist_id'],
        renewed_by={'artist_id': 'int_artist_changes.artist_id'},
    )
}}

-- Written only after the lists: what they were made from.
-- depends_on: {{ ref('artist_similarity') }}
with

changes as (

    select * from {{ ref('int_artist_changes') }}

)

select
    artist_id,
    digest,
    {{ stamp_of_run() }} as changed_at
from changes
where digest is not null
