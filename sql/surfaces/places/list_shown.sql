-- One row per (user_id, surface, item_rank): the items that a surface shows a user.
{{ config(materialized="view") }}
with
    ranked as (select * from {{ ref("list_ranked") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),

    final as (
        select
            ranked.user_id,
            ranked.surface,
            ranked.item_id,
            ranked.candidate_source,
            ranked.lead_source,
            ranked.score,
            ranked.is_repeat,
            ranked.reason_item_id,
            ranked.placed_by,
            ranked.item_rank
        from ranked
        inner join
            surfaces
            on ranked.surface = surfaces.surface
            and ranked.item_rank <= surfaces.list_length
    )

select *
from final
