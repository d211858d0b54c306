{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['artist_id', 'source'],
        on_schema_change='append_new_columns',
    )
}}

{%- set columns = [
    'name',
    'followers',
    'popularity',
    'genres',
    'image_url',
] -%}

{{ newest_values('artists', id='artist_id', columns=columns, arrays=['genres']) }}
