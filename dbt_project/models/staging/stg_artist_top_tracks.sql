{%- set fields = [
    ['track_id', 'varchar'],
    ['rank', 'integer'],
] -%}

{{ first_list(ref('stg_artist_top_tracks__by_source'), parent='artist_id', fields=fields) }}
