{#-
    This run, which is one of staging, makes anew in part, and when it began staging held more than the last that came to its
    end derived from: one that died may have written some tables, which no longer tell what was before.
-#}
{% macro catches_up() -%}
    {%- set newer = [] -%}
    {%- if is_partial() -%}
        {%- set known = known_at_start() -%}
        {%- set until = known['int_refreshed_until'].changed_at -%}
        {%- for table in staged_tables() -%}
            {%- set newest = known.get(table, {}).get('changed_at') -%}
            {%- if newest and (not until or newest > until) -%}
                {%- do newer.append(table) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(newer != []) }}
{%- endmacro %}
