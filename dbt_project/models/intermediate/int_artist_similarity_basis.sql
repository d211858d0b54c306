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

),

present as (

    {{ similarity_basis() | indent(4) }}

)

select
    present.artist_id,
    present.digest
from present
inner join changes on present.artist_id = changes.artist_id
