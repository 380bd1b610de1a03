-- One row per (user_index, item_index): what the ranker chooses from, all sources
-- together.
-- Of each source the best ranker_depth new items and repeats; the source that ranks a
-- pair best leads.
{{ config(enabled=ranker_wants() == "yes") }}
with
    candidates as (select * from {{ ref("cand_all") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    mentioned as (
        select
            user_id,
            item_id,
            candidate_source,
            is_repeat,
            reason_item_id,
            row_number() over (
                partition by user_id, item_id order by kind_rank, candidate_source
            ) as mention
        from candidates
        where kind_rank <= {{ var("ranker_depth") | int }}
    ),

    final as (
        select
            mentioned.user_id,
            mentioned.item_id,
            users.user_index,
            items.item_index,
            mentioned.is_repeat,
            mentioned.candidate_source as lead_source,
            mentioned.reason_item_id
        from mentioned
        inner join users on mentioned.user_id = users.user_id
        inner join items on mentioned.item_id = items.item_id
        where mentioned.mention = 1
    )

select *
from final
