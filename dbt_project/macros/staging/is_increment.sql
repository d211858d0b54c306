{#-
    An incremental model adds to what it holds. Unlike dbt's own `is_incremental` it also answers where the
    warehouse must not be asked (`dbt compile --no-introspect`): there every model is made from nothing.
-#}
{% macro is_increment() -%}
    {{ return(flags.INTROSPECT and is_incremental()) }}
{%- endmacro %}
