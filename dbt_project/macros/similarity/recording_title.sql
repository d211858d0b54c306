{#-
    A title by which versions of one recording are known as such: lower case, without a closing part that
    names a version or a guest ("- Remastered 2011", "(feat. X)", "[Live]"), letters and digits alone. A title
    of which nothing would be left stays as it is, in lower case.
-#}
{% macro recording_title(title) -%}
    {%- set words = [
        'acoustic', 'bonus', 'clean', 'deluxe', 'demo', 'edit', 'edition', 'explicit', 'featuring', 'feat', 'ft',
        'instrumental', 'live', 'mix', 'mono', 'original', 'radio', 'remaster', 'remastered', 'remix',
        'session', 'single', 'stereo', 'version', 'ver', 'with',
    ] -%}
    {%- set closing = '(\\s+[-–]\\s+|\\s*[(\\[])[^()\\[\\]]*\\b(' ~ words | join('|') ~ ')\\b.*$' -%}
    {%- set symbols = '[^\\p{L}\\p{N}]+' -%}
    coalesce(
        nullif({{ regex_remove(regex_remove('lower(' ~ title ~ ')', closing), symbols) }}, ''),
        lower({{ title }})
    )
{%- endmacro %}
