-- One row per (user_id, surface, item_id): a pool after rules and variants.
-- A factor f moves place p to about p / f; left_out says what rules hide, what rests,
-- and what has the variant of an item before it.
{% set rest = surfaces_use(["cap", "not_again_days"]) == "yes" %}
{{ config(enabled=surfaces_move() == "yes") }}
with
    pools as (select * from {{ ref("list_pools") }}),
    ruled as (select * from {{ ref("list_rule_effects") }}),
    surfaces as (select * from {{ ref("list_surfaces") }} where is_moved),
    items as (select * from {{ ref("int_items") }}),
    {% if rest %} resting as (select * from {{ ref("list_paused") }}), {% endif %}

    moved as (
        select
            pools.*,
            ruled.hide_number,
            ruled.move_number,
            coalesce(ruled.move_factor, 1) as move_factor,
            pools.plain_rank / coalesce(ruled.move_factor, 1) as place,
            case when surfaces.one_per_variant then items.variant end as variant,
            case
                when ruled.hide_number is not null
                then 'hidden'
                {% if rest %} else resting.step {% endif %}
            end as left_out
        from pools
        inner join surfaces on pools.surface = surfaces.surface
        inner join items on pools.item_id = items.item_id
        left join
            ruled
            on pools.user_id = ruled.user_id
            and pools.surface = ruled.surface
            and pools.item_id = ruled.item_id
        {% if rest %}
            left join
                resting
                on pools.user_id = resting.user_id
                and pools.surface = resting.surface
                and pools.item_id = resting.item_id
        {% endif %}
    ),

    numbered as (
        select
            *,
            row_number() over (
                partition by user_id, surface, left_out is null, variant
                order by place, plain_rank
            ) as variant_rank
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
            place,
            case
                when left_out is not null
                then left_out
                when variant is not null and variant_rank > 1
                then 'variant'
            end as left_out
        from numbered
    )

select *
from final
