-- Fails where events were accepted, but none of them is a line of an order.
{{ config(severity="error" if var("as_of") is none else "warn") }}
with
    events as (select * from {{ ref("int_events") }}),

    counted as (
        select
            event_type,
            count(*) as event_count,
            count(case when is_taken then 1 end) as taken_count
        from events
        group by event_type
    ),

    summed as (
        select
            sum(taken_count) as taken_count,
            sum(event_count) as event_count,
            string_agg(
                concat(event_type, ' (', cast(event_count as varchar), ')'),
                ', '
                order by event_count desc, event_type
            ) as event_types
        from counted
    ),

    final as (
        select
            concat(
                'none of ',
                cast(event_count as varchar),
                ' events is taken: var order_event_types is [',
                '{{ var("order_event_types") | join(", ") }}',
                '], and seen are ',
                event_types,
                '; list there what an order, a rating or a play is called'
            ) as problem
        from summed
        where event_count > 0 and taken_count = 0
    )

select *
from final
