{#- The dot product of a stretch of two arrays, counted from 1, both ends included. -#}
{% macro block_product(left, right, first, last) -%}
    (
        {%- for place in range(first, last + 1) %}
        cast({{ left }}[{{ place }}] as bigint) * {{ right }}[{{ place }}]{{ ' +' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
