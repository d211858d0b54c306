{#- A value of one of the model's parameters, as an aggregate over `stg_similarity_model__vectors`. -#}
{% macro parameter(name, place=1) -%}
    max(case when kind = 'parameter' and name = '{{ name }}' then {{ array_element('vector', place) }} end)
{%- endmacro %}
