{#-
    What a check asks of a model: all rows, or in a refresh those that were written since the last run that came to its
    end, where `changed_at` tells. What stands was asked when it was written, and the rows of an id are written together,
    so no check needs others beside them. But whom a row refers to can go without it: that is asked of all rows.
-#}
{% macro rows_checked(checked, test_name) -%}
    {%- set is_told = 'changed_at' in checked.columns and test_name != 'relationships' -%}
    {%- set until = checked_until() if is_told else {} -%}
    {%- set stamp = 'changed_at' if checked.config.materialized == 'incremental' else 'written_at' -%}
    {{ return(rows_since(checked.relation_name, until.get(stamp))) }}
{%- endmacro %}

{#-
    The stamps of the last run that came to its end, as `known_at_start` has them; none where everything is to be
    checked. A run that makes models knows whether it is partial; `dbt test`, which makes none, is of a refresh where it is
    told so.
-#}
{% macro checked_until() -%}
    {%- set is_part = is_partial() if this else is_refresh() -%}
    {{ return(known_at_start().get('int_refreshed_until', {}) if is_part else {}) }}
{%- endmacro %}
