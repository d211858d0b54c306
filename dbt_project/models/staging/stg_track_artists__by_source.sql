{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['track_id', 'source'],
        on_schema_change='append_new_columns',
    )
}}

{%- set fields = [
    ['artist_id', 'varchar'],
    ['position', 'integer'],
] -%}

{{ newest_lists('track_artists', parent='track_id', key=['artist_id'], fields=fields) }}
