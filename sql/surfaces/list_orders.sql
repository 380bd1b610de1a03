-- One row per (user_id, surface, item_id): a pool after rules, variants and caps.
-- item_place is null for what is left out. A factor f moves place p to about p / f;
-- what a cap holds back comes last.
{{ config(enabled=surfaces_move() == "yes") }}
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
            items.category
        from pools
        inner join surfaces on pools.surface = surfaces.surface
        inner join items on pools.item_id = items.item_id
        left join
            ruled
            on pools.user_id = ruled.user_id
            and pools.surface = ruled.surface
            and pools.item_id = ruled.item_id
    ),

    numbered as (
        select
            *,
            row_number() over (
                partition by user_id, surface, hide_number is null, variant
                order by place, plain_rank
            ) as variant_rank
        from moved
    ),

    kept as (
        select
            *,
            case
                when hide_number is not null
                then 'hidden'
                when variant is not null and variant_rank > 1
                then 'variant'
            end as left_out
        from numbered
    ),

    capped as (
        select
            *,
            category is not null
            and coalesce(
                row_number() over (
                    partition by user_id, surface, left_out is null, category
                    order by place, plain_rank
                )
                > max_per_category,
                false
            ) as is_capped
        from kept
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
            is_capped,
            case
                when left_out is null
                then
                    row_number() over (
                        partition by user_id, surface
                        order by left_out is not null, is_capped, place, plain_rank
                    )
            end as item_place
        from capped
    )

select *
from final
