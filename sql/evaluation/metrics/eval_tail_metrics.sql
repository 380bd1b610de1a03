-- One row per (list_name, allow_repeat, user_id, k): how much of a list is of the tail.
-- aclt = listed items of the tail, aplt = aclt / listed items; means over users:
-- Abdollahpouri, Burke and Mobasher 2019.
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_metrics") | select("in", ["aplt", "aclt"]) | list | length > 0
    )
}}
with
    shown as (select * from {{ ref("eval_shown_items") }}),
    item_parts as (select * from {{ ref("eval_item_parts") }}),

    final as (
        select
            shown.list_name,
            shown.allow_repeat,
            shown.user_id,
            shown.k,
            {{ ratio("count(case when item_parts.is_tail then 1 end)", "count(*)") }}
            as aplt,
            cast(count(case when item_parts.is_tail then 1 end) as double) as aclt
        from shown
        inner join item_parts on shown.item_id = item_parts.item_id
        group by shown.list_name, shown.allow_repeat, shown.user_id, shown.k
    )

select *
from final
