{%- set fields = [
    ['artist_id', 'varchar'],
    ['mood', 'varchar'],
    ['n_tracks', 'bigint'],
    ['share', 'double'],
] -%}

{{ newest_mood_rows('mood_artists', fields) }}
