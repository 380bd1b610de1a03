-- One row per (user_id, item_id, candidate_source): a candidate that a surface shows.
-- score is that of the source: what its terms add up to.
with
    lists as (select * from {{ ref("list_shown") }}),
    candidates as (select * from {{ ref("cand_all") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    shown as (
        select user_id, item_id, lead_source as candidate_source
        from lists
        group by user_id, item_id, lead_source
    ),

    final as (
        select
            shown.user_id,
            shown.item_id,
            shown.candidate_source,
            users.user_index,
            items.item_index,
            candidates.score
        from shown
        inner join
            candidates
            on shown.user_id = candidates.user_id
            and shown.item_id = candidates.item_id
            and shown.candidate_source = candidates.candidate_source
        inner join users on shown.user_id = users.user_id
        inner join items on shown.item_id = items.item_id
    )

select *
from final
