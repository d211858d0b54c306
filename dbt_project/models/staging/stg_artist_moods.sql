{%- set fields = [
    ['artist_id', 'varchar'],
    ['mood', 'varchar'],
    ['n_tracks', 'bigint'],
    ['share', 'double'],
] -%}

with

rows_of_versions as (

    {{ mood_rows('mood_artists', fields) | indent(4) }}

),

newest as (

    -- The moods of a version are written last: without them it does not count.
    select distinct mood_version
    from {{ ref('stg_moods') }}

)

select
    rows_of_versions.mood_version,
    rows_of_versions.artist_id,
    rows_of_versions.mood,
    rows_of_versions.n_tracks,
    rows_of_versions.share
from rows_of_versions
inner join newest on rows_of_versions.mood_version = newest.mood_version
