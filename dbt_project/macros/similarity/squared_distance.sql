{#-
    The squared Euclidean distance of two rows over the normalised features, 0 to their number. Column by
    column: Athena has no array distance, and DuckDB is faster so than with one.
-#}
{% macro squared_distance(left, right) -%}
    {% for feature in var('similarity_features') -%}
    ({{ left }}.{{ feature }} - {{ right }}.{{ feature }}) * ({{ left }}.{{ feature }} - {{ right }}.{{ feature }})
    {{- ' + ' if not loop.last }}
    {% endfor %}
{%- endmacro %}
