{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['artist_id', 'source'],
        on_schema_change='append_new_columns',
    )
}}

{%- set fields = [
    ['track_id', 'varchar'],
    ['rank', 'integer'],
] -%}

{{ newest_lists('artist_top_tracks', parent='artist_id', key=['track_id'], fields=fields) }}
