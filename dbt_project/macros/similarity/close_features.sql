{#- The three features in which two rows differ least, closest first, ties in the order of the features. -#}
{% macro close_features(left, right) -%}
    {%- set features = var('similarity_features') -%}
    {%- set differences -%}
        array[
            {%- for feature in features %}
            cast(round(abs({{ left }}.{{ feature }} - {{ right }}.{{ feature }}) * 1e9) as bigint) * 16 + {{ loop.index }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        ]
    {%- endset -%}
    {%- set places -%}
        {{ sorted_array(differences) }}
    {%- endset -%}
    {%- set names = strings(features | map('tojson') | map('replace', '"', "'") | list) -%}
    {%- set closest = [] -%}
    {%- for place in [1, 2, 3] -%}
        {%- do closest.append(array_element(names, 'cast(' ~ array_element(places, place) ~ ' % 16 as integer)')) -%}
    {%- endfor -%}
    {{ strings(closest) }}
{%- endmacro %}
