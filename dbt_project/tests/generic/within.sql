{#- Each column lies within its bounds, a list [least, greatest] of which either may be null; nulls pass. -#}
{% test within(model, bounds) %}

select {{ bounds | join(', ') }}
from {{ model }}
where
    {%- for column, (least, greatest) in bounds.items() %}
    {%- set outer = loop %}
    {%- if least is not none %}
    {{ 'or ' if not outer.first }}{{ column }} < {{ least }}
    {%- endif %}
    {%- if greatest is not none %}
    {{ 'or ' if not outer.first or least is not none }}{{ column }} > {{ greatest }}
    {%- endif %}
    {%- endfor %}

{% endtest %}
