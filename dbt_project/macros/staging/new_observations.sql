{#-
    The observations of a raw table that an incremental model has not surely seen, without the same row twice
    (a step that was retried, files before and after compaction). They are read from `since`; none for everything.
-#}
{% macro new_observations(table, columns, since) -%}
    select distinct
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        source,
        run_id,
        {{ utc_timestamp('fetched_at') }} as fetched_at
    from {{ source('raw', table) }}
    {%- if since %}
    where
        ingest_date >= '{{ since.strftime("%Y-%m-%d") }}'
        and {{ utc_timestamp('fetched_at') }} > {{ timestamp_literal(since) }}
    {%- endif %}
{%- endmacro %}
