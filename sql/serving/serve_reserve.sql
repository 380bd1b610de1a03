-- One row per (user_id, surface, item_rank): what comes after a user's list, for when
-- items of it are sold out or turned down.
{{ config(enabled=var("serving")) }}
with
    lists as (select * from {{ ref("list_explained") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),

    final as (
        select
            lists.user_id,
            lists.surface,
            lists.item_id,
            lists.item_title,
            lists.category,
            lists.score,
            lists.candidate_source,
            lists.reason,
            lists.item_rank,
            {{ run_stamp() }}
        from lists
        inner join
            surfaces
            on lists.surface = surfaces.surface
            and lists.item_rank > surfaces.list_length
    )

select *
from final
