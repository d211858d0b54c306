{{ config(materialized='incremental', incremental_strategy='append', tags=['chat']) }}

{%- set columns = [
    'event_id',
    'event_time',
    'user_hash',
    'channel',
    'query',
    'outcome',
    'artist_id',
    'latency_ms',
    'provisional',
    'model_version',
] -%}

with

events as (

    {{ new_observations('chat_turns', columns, read_from()) | indent(4) }}

),

in_order as (

    select
        events.*,
        {#- All columns are in the order, to make it total. #}
        row_number() over (
            partition by events.event_id
            order by events.fetched_at, events.run_id, events.{{ columns[1:] | join(', events.') }}
        ) as copy
    from events

),

held as (

    {{ held_keys('event_id', example='events') }}

)

select
    in_order.event_id,
    in_order.user_hash,
    in_order.channel,
    in_order.query,
    in_order.outcome,
    in_order.artist_id,
    in_order.latency_ms,
    in_order.provisional,
    in_order.model_version,
    in_order.fetched_at,
    {{ utc_timestamp('in_order.event_time') }} as event_time
from in_order
left join held on in_order.event_id = held.event_id
where
    in_order.copy = 1
    and held.event_id is null
