{#- An array of zeros. -#}
{% macro zeros(size) -%}
    cast(array[{{ ([0] * size) | join(', ') }}] as {{ 'array(integer)' if target.type == 'athena' else 'integer[]' }})
{%- endmacro %}
