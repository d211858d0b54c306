{{
    config(
        materialized='incremental',
        incremental_strategy='merge' if target.type == 'athena' else 'delete+insert',
        unique_key=['day', 'name'],
        on_schema_change='append_new_columns',
        tags=['chat'],
    )
}}

{%- set since = read_from() -%}

with

turns as (

    select
        event_id,
        event_time,
        user_hash,
        artist_id,
        latency_ms,
        provisional,
        fetched_at,
        query as name,
        cast(event_time as date) as day,
        outcome in ('artist', 'track') as is_answered,
        outcome in ('pending', 'not_found') as is_unknown
    from {{ ref('stg_chat_turns') }}
    where query is not null

),

-- What arrives late counts on its own day: every day that got an event since the last time is counted anew.
days as (

    select distinct day
    from turns
    {%- if since %}
    where fetched_at > {{ timestamp_literal(since) }}
    {%- endif %}

),

in_order as (

    select
        turns.*,
        count(*) over (partition by turns.day, turns.name) as places,
        row_number() over (
            partition by turns.day, turns.name
            order by turns.latency_ms, turns.event_id
        ) as place,
        row_number() over (
            partition by turns.day, turns.name, case when turns.artist_id is null then 0 else 1 end
            order by turns.event_time desc, turns.event_id asc
        ) as age
    from turns
    inner join days on turns.day = days.day

)

select
    day,
    name,
    count(*) as asks,
    count(case when is_unknown then 1 end) as unknown_asks,
    count(case when is_answered and provisional then 1 end) as provisional_asks,
    count(distinct user_hash) as users,
    count(case when is_answered then 1 end) / cast(count(*) as double) as answered_share,
    -- The nearest rank, which every engine finds alike: the least that 95 of 100 answers did not exceed.
    min(case when place * 100 >= places * 95 then latency_ms end) as p95_latency_ms,
    max(case when is_answered then event_time end) as last_answered_at,
    max(case when is_unknown then event_time end) as last_unknown_at,
    max(event_time) as last_asked_at,
    max(case when age = 1 then artist_id end) as artist_id,
    max(fetched_at) as fetched_at
from in_order
group by day, name
