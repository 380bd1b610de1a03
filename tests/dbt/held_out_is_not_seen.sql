-- What is held out is not learned from, however it was chosen.
{{ config(enabled=var("as_of") is not none) }}
with
    events as (select * from {{ ref("stg_events") }}),
    held_out as (select * from {{ ref("stg_holdout_events") }}),

    seen as (
        select held_out.user_id, held_out.item_id, held_out.event_at, count(*) as n
        from held_out
        inner join
            events
            on held_out.user_id = events.user_id
            and held_out.item_id = events.item_id
            and held_out.event_at = events.event_at
            and held_out.event_type = events.event_type
            and coalesce(held_out.basket_id, '') = coalesce(events.basket_id, '')
        group by held_out.user_id, held_out.item_id, held_out.event_at
    ),

    final as (
        select
            concat(
                'a user',
                ' took item ',
                cast(item_id as varchar),
                ' at ',
                cast(event_at as varchar),
                ', which is held out and learned from at once; ',
                'is_test of var events must be the same for copies of a row'
            ) as problem,
            user_id
        from seen
    )

select *
from final
