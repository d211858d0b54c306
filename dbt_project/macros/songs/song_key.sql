{#-
    A song's distance in millionths and its number as one integer: such keys compete for places several times
    faster than pairs of values, and the number breaks ties.
-#}
{% macro song_key(millionths, number) -%}
    ({{ millionths }}) * 2147483648 + {{ number }}
{%- endmacro %}

{#- The number in a key. -#}
{% macro song_of(key) -%}
    {{ key }} % 2147483648
{%- endmacro %}

{#- The millionths in a key. -#}
{% macro millionths_of(key) -%}
    {{ key }} / 2147483648
{%- endmacro %}
