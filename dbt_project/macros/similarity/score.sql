{#- 1 - distance / sqrt(number of features), to 6 decimals, from the distance in millionths. -#}
{% macro score(millionths) -%}
    (1000000 - {{ millionths }}) / 1e6
{%- endmacro %}
