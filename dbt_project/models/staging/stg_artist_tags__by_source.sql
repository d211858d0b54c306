{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['artist_id', 'source'],
        on_schema_change='append_new_columns',
    )
}}

{%- set fields = [
    ['tag', 'varchar'],
    ['weight', 'double'],
] -%}

{{ newest_lists('artist_tags', parent='artist_id', key=['tag'], fields=fields) }}
