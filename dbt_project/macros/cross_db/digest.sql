{#-
    One value that differs where any of the columns does. Engines make it differently: it is for comparing what one
    engine wrote with what it writes now.
-#}
{% macro digest(scalars, arrays=[]) -%}
    {{ return(adapter.dispatch('digest')(scalars, arrays)) }}
{%- endmacro %}

{% macro duckdb__digest(scalars, arrays) -%}
    cast(hash({{ (scalars + arrays) | join(', ') }}) as varchar)
{%- endmacro %}

{% macro athena__digest(scalars, arrays) -%}
    substr(to_hex(md5(to_utf8(
        {%- for column in scalars %}
        coalesce(cast({{ column }} as varchar), '-') || '|' ||
        {%- endfor %}
        {%- for column in arrays %}
        coalesce(array_join({{ column }}, ' ', '-'), '-') || '|' ||
        {%- endfor %}
        ''
    ))), 1, 16)
{%- endmacro %}
