{{ config(tags=['chat']) }}

with

demand as (

    select * from {{ ref('chat_demand') }}

),

names as (

    select
        name,
        cast(sum(unknown_asks) as bigint) as unknown_asks,
        cast(sum(users) as bigint) as user_days,
        count(*) as days,
        min(day) as first_day,
        max(last_unknown_at) as last_unknown_at,
        max(last_answered_at) as last_answered_at
    from demand
    group by name

)

select
    name,
    unknown_asks,
    days,
    user_days,
    first_day,
    last_unknown_at,
    last_answered_at,
    row_number() over (order by unknown_asks desc, user_days desc, name asc) as rank
from names
where
    last_unknown_at is not null
    and (last_answered_at is null or last_answered_at < last_unknown_at)
