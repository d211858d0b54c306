-- Written only after the lists: whom artists were akin to when they were made.
-- depends_on: {{ ref('track_similarity') }}
with

kin as (

    select * from {{ ref('int_artist_kin') }}

)

select
    artist_id,
    kin_id,
    kin_rank
from kin
