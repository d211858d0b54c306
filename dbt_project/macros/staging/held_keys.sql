{#-
    The keys that an incremental model holds already; none while it is made from nothing. `example` is a relation
    with a column of that name, which tells its type.
-#}
{% macro held_keys(key, example) -%}
    {%- if is_increment() -%}
    select {{ key }} from {{ this }}
    {%- else -%}
    select {{ key }} from {{ example }} where false
    {%- endif -%}
{%- endmacro %}
