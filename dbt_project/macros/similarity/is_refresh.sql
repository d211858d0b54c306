{#-
    This run is a refresh: it makes only those lists of similar ones anew that can have changed. The variable
    `artist_ids` says so when it names any artist, or DBT_REFRESH=true in the environment: other variables than
    last time make dbt parse the whole project again, which takes longer than a refresh's SQL.
-#}
{% macro is_refresh() -%}
    {{ return((var('artist_ids') | length > 0) or env_var('DBT_REFRESH', 'false') == 'true') }}
{%- endmacro %}
