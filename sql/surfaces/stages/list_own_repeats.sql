-- One row per (surface, user_id, candidate_source, item_id): what is proposed to
-- surfaces that mean another thing by repeats than var repeat_means, marked and ranked
-- by that.
{{ config(enabled=redefines_repeats() == "yes") }}
with
    proposed as (select * from {{ ref("list_proposals") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    marked as (
        select
            surfaces.surface,
            proposed.user_id,
            proposed.item_id,
            proposed.candidate_source,
            proposed.lead_source,
            proposed.score,
            {{ surface_repeat("surfaces", "user_items") }} as is_repeat,
            proposed.reason_item_id,
            proposed.item_rank
        from proposed
        cross join surfaces
        left join
            user_items
            on proposed.user_id = user_items.user_id
            and proposed.item_id = user_items.item_id
        where surfaces.repeat_means <> '{{ var("repeat_means") }}'
    ),

    final as (
        select
            *,
            row_number() over (
                partition by surface, user_id, candidate_source, is_repeat
                order by item_rank
            ) as kind_rank
        from marked
    )

select *
from final
