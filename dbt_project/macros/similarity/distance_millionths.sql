{#- A squared distance as a share of the largest possible distance, in whole millionths (bigint). -#}
{% macro distance_millionths(squared_distance) -%}
    cast(round(sqrt(({{ squared_distance }}) / {{ var('similarity_features') | length }}) * 1e6) as bigint)
{%- endmacro %}
