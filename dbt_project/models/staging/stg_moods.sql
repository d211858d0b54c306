{%- set fields = [
    ['mood', 'varchar'],
    ['name_ko', 'varchar'],
    ['name_en', 'varchar'],
    ['n_tracks', 'bigint'],
    ['share', 'double'],
    ['acousticness', 'double'],
    ['danceability', 'double'],
    ['energy', 'double'],
    ['instrumentalness', 'double'],
    ['liveness', 'double'],
    ['loudness', 'double'],
    ['speechiness', 'double'],
    ['tempo', 'double'],
    ['valence', 'double'],
] -%}

with

rows_of_versions as (

    {{ mood_rows('moods', fields) | indent(4) }}

),

newest as (

    select max(mood_version) as mood_version
    from rows_of_versions

)

select
    rows_of_versions.mood_version,
    rows_of_versions.mood,
    rows_of_versions.name_ko,
    rows_of_versions.name_en,
    rows_of_versions.n_tracks,
    rows_of_versions.share,
    rows_of_versions.acousticness,
    rows_of_versions.danceability,
    rows_of_versions.energy,
    rows_of_versions.instrumentalness,
    rows_of_versions.liveness,
    rows_of_versions.loudness,
    rows_of_versions.speechiness,
    rows_of_versions.tempo,
    rows_of_versions.valence
from rows_of_versions
inner join newest on rows_of_versions.mood_version = newest.mood_version
