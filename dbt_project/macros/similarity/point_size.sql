{#- How many coordinates an artist's point has. -#}
{% macro point_size() -%}
    {{ return(
        var('genre_dimensions') + var('era_dimensions') + var('popularity_dimensions')
        + (var('similarity_features') | length)
    ) }}
{%- endmacro %}
