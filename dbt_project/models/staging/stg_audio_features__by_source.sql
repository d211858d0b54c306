{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['track_id', 'source'],
        on_schema_change='append_new_columns',
    )
}}

{%- set columns = [
    'danceability',
    'energy',
    'key',
    'loudness',
    'mode',
    'speechiness',
    'acousticness',
    'instrumentalness',
    'liveness',
    'valence',
    'tempo',
    'duration_ms',
    'time_signature',
] -%}

{{ newest_values('audio_features', id='track_id', columns=columns) }}
