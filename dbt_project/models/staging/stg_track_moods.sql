{%- set fields = [
    ['track_id', 'varchar'],
    ['mood', 'varchar'],
] -%}

{{ newest_mood_rows('mood_tracks', fields) }}
