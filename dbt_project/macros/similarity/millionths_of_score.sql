{#- The distance in millionths that a score was made from. -#}
{% macro millionths_of_score(score) -%}
    1000000 - cast(round({{ score }} * 1e6) as bigint)
{%- endmacro %}
