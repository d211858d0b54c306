{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['artist_id', 'source'],
        on_schema_change='append_new_columns',
    )
}}

{%- set fields = [
    ['alias', 'varchar'],
    ['locale', 'varchar'],
    ['kind', 'varchar'],
] -%}

{{ newest_lists('artist_aliases', parent='artist_id', key=['alias'], fields=fields) }}
