{#- A value of one of the model's parameters, as an aggregate over `stg_similarity_model__vectors` where that is the kind. -#}
{% macro parameter(name, place=1) -%}
    max(case when name = '{{ name }}' then {{ array_element('vector', place) }} end)
{%- endmacro %}
