-- One row per (user_id, surface, item_id): a pool after rules, variants and caps.
-- item_place is null for what is left out. A factor f moves an item from place p to
-- about
-- p / f; what a cap holds back comes last.
{{ config(enabled=surfaces_move() | trim == "yes") }}
with
    pools as (select * from {{ ref("list_pools") }}),
    ruled as (select * from {{ ref("list_rule_effects") }}),
    surfaces as (select * from {{ ref("list_surfaces") }} where is_moved),
    items as (select * from {{ ref("int_items") }}),

    moved as (
        select
            pools.*,
            ruled.hide_number,
            ruled.move_number,
            coalesce(ruled.move_factor, 1) as move_factor,
            pools.plain_rank / coalesce(ruled.move_factor, 1) as place,
            surfaces.max_per_category,
            case when surfaces.one_per_variant then items.variant end as variant,
            items.category,
            row_number() over (
                partition by
                    pools.user_id,
                    pools.surface,
                    ruled.hide_number is null,
                    items.variant
                order by
                    pools.plain_rank / coalesce(ruled.move_factor, 1), pools.plain_rank
            ) as variant_rank
        from pools
        inner join surfaces on pools.surface = surfaces.surface
        inner join items on pools.item_id = items.item_id
        left join
            ruled
            on pools.user_id = ruled.user_id
            and pools.surface = ruled.surface
            and pools.item_id = ruled.item_id
    ),

    kept as (
        select
            *,
            case
                when hide_number is not null
                then 'hidden'
                when variant is not null and variant_rank > 1
                then 'variant'
            end as left_out,
            row_number() over (
                partition by
                    user_id,
                    surface,
                    hide_number is null and (variant is null or variant_rank = 1),
                    category
                order by place, plain_rank
            ) as category_rank
        from moved
    ),

    final as (
        select
            user_id,
            surface,
            item_id,
            candidate_source,
            lead_source,
            score,
            is_repeat,
            reason_item_id,
            plain_rank,
            hide_number,
            move_number,
            move_factor,
            left_out,
            coalesce(
                category_rank > max_per_category and category is not null, false
            ) as is_capped,
            case
                when left_out is null
                then
                    row_number() over (
                        partition by user_id, surface
                        order by
                            left_out is not null,
                            coalesce(
                                category_rank > max_per_category
                                and category is not null,
                                false
                            ),
                            place,
                            plain_rank
                    )
            end as item_place
        from kept
    )

select *
from final
