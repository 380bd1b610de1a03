-- One row per (user_id, surface, item_rank): a list, and what comes after it.
-- As the strategy has put it, or as rules, caps and diversity have
-- moved it; a view where nothing is moved.
{{ config(materialized="table" if surfaces_move() == "yes" else "view") }}
with
    pools as (select * from {{ ref("list_pools") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    {% if surfaces_move() == "yes" %}
        moved as (select * from {{ ref("list_rearranged") }}),
    {% endif %}

    ordered as (
        select
            pools.user_id,
            pools.surface,
            pools.item_id,
            pools.candidate_source,
            pools.lead_source,
            pools.score,
            pools.is_repeat,
            pools.reason_item_id,
            cast(null as varchar) as placed_by,
            pools.plain_rank as item_rank
        from pools
        inner join
            surfaces on pools.surface = surfaces.surface and not surfaces.is_moved
        {% if surfaces_move() == "yes" %}
            union all
            select
                user_id,
                surface,
                item_id,
                candidate_source,
                lead_source,
                score,
                is_repeat,
                reason_item_id,
                placed_by,
                row_number() over (
                    partition by user_id, surface order by place, slot_order
                )
            from moved
        {% endif %}
    ),

    final as (
        select ordered.*
        from ordered
        inner join
            surfaces
            on ordered.surface = surfaces.surface
            and ordered.item_rank <= {{ list_depth("surfaces") }}
    )

select *
from final
