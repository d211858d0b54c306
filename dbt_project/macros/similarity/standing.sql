{#-
    The relation of a model as an earlier run left it, to be read by a refresh; none in a full build and where
    it is not there yet. It is how a refresh reads the lists that it is about to replace, of models that come
    after the one that asks: a reference would close a circle.
-#}
{% macro standing(model) -%}
    {%- set relation = built(model) -%}
    {{ return(relation if relation is not none and is_refresh() else none) }}
{%- endmacro %}
