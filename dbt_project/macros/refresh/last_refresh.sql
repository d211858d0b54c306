{#- The relation of a model as it stands; none where it was not built yet, and in unit tests. -#}
{% macro built(model) -%}
    {%- if not (execute and flags.INTROSPECT and this) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(adapter.get_relation(this.database, this.schema, model)) }}
{%- endmacro %}

{#- `int_refreshed_until` as the last run left it that came to its end; none where all must be made anew. -#}
{% macro last_refresh() -%}
    {{ return(built('int_refreshed_until')) }}
{%- endmacro %}

{#- This run makes derived tables anew in part: after `begin_refresh`. -#}
{% macro is_partial() -%}
    {{ return(last_refresh() is not none and is_refresh() and not flags.FULL_REFRESH) }}
{%- endmacro %}

{#- This run makes this model anew in part. -#}
{% macro renews_part() -%}
    {{ return(is_partial() and built(this.identifier) is not none) }}
{%- endmacro %}
