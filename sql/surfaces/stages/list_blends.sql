-- One row per (user_id, surface, item_id): the personal sources of a blend as one
-- order.
-- score = sum over the sources of weight * amount (see list_blend_parts).
{{ config(enabled=surfaces_use(["strategy"], "blend") == "yes") }}
with
    parts as (select * from {{ ref("list_blend_parts") }}),
    items as (select * from {{ ref("int_items") }}),

    weighed as (select *, weight * amount as part from parts),

    blended as (
        select
            user_id,
            surface,
            item_id,
            {{ stable_sum("part") }} as score,
            bool_or(is_repeat) as is_repeat,
            arg_max(
                {'source':candidate_source, 'reason_item_id':reason_item_id},
                (part, - place)
            ) as lead
        from weighed
        group by user_id, surface, item_id
    ),

    final as (
        select
            blended.user_id,
            blended.surface,
            blended.item_id,
            blended.lead.source as lead_source,
            blended.score,
            blended.is_repeat,
            blended.lead.reason_item_id,
            row_number() over (
                partition by blended.user_id, blended.surface
                order by blended.score desc, items.item_index
            ) as item_rank
        from blended
        inner join items on blended.item_id = items.item_id
    )

select *
from final
