{#-
    The place of a source in the order of belief, 1 first; a source that the order does not name comes last.
    Two unnamed ones stand at the same place: order by this and then by the source's name.
-#}
{% macro source_place(column) -%}
    case {{ column }}
        {%- for source in var('source_priority') %}
        when '{{ source }}' then {{ loop.index }}
        {%- endfor %}
        else {{ var('source_priority') | length + 1 }}
    end
{%- endmacro %}
