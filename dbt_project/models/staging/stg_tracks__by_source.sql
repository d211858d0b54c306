{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['track_id', 'source'],
        on_schema_change='append_new_columns',
    )
}}

{%- set columns = [
    'name',
    'album_id',
    'album_name',
    'release_date',
    'release_date_precision',
    'popularity',
    'explicit',
    'duration_ms',
    'isrc',
    'image_url',
] -%}

{{ newest_values('tracks', id='track_id', columns=columns) }}
