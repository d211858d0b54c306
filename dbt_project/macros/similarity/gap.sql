{#-
    By how many millionths the score of two artists falls short of 1, before what ties them: the squared distance of
    two complete points. `point` is their vector made `dense`.
-#}
{% macro gap(left, right) -%}
    {{ left }}.span + {{ right }}.span - 2 * {{ dot_product(left ~ '.point', right ~ '.point', point_size()) }}
{%- endmacro %}
