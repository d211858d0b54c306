{#-
    The squared distance within which nothing can have fewer millionths than these or as many; the one more
    covers what rounding took.
-#}
{% macro squared_radius(millionths) -%}
    power(({{ millionths }} + 1) / 1e6, 2) * {{ var('similarity_features') | length }}
{%- endmacro %}
