{#- Each column lies within its bounds, a list [least, greatest] of which either may be null; nulls pass. -#}
{% test within(model, bounds) %}

{%- set outside = [] -%}
{%- for column, (least, greatest) in bounds.items() -%}
    {%- do outside.append(column ~ ' < ' ~ least) if least is not none -%}
    {%- do outside.append(column ~ ' > ' ~ greatest) if greatest is not none -%}
{%- endfor %}

select {{ bounds | join(', ') }}
from {{ model }}
where
    {{ outside | join('\n    or ') }}

{% endtest %}
