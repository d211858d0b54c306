{#-
    The dot product of two arrays made with `dense`, as a whole number. DuckDB adds up in single precision, which
    holds whole numbers up to 2^24 without loss: vectors may be 4,096 long at most. Athena has no such function in
    every version of its engine, but whole numbers add up to the same in any.
-#}
{% macro dot_product(left, right, size) -%}
    {{ return(adapter.dispatch('dot_product')(left, right, size)) }}
{%- endmacro %}

{% macro duckdb__dot_product(left, right, size) -%}
    cast(array_inner_product({{ left }}, {{ right }}) as bigint)
{%- endmacro %}

{% macro athena__dot_product(left, right, size) -%}
    (
        {%- for place in range(1, size + 1) %}
        cast({{ left }}[{{ place }}] as bigint) * {{ right }}[{{ place }}]{{ ' +' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
