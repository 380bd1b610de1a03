-- One row per (user_index, allow_repeat, candidate_source, batch) to learn from, as of
-- a past moment: which share of the batch the user took in the holdout that followed.
-- Of users who took something.
{{ config(enabled=uses_mix() == "yes" and var("as_of") is not none) }}
with
    batch_items as (select * from {{ ref("rank_batch_items") }}),
    holdout as (select * from {{ ref("int_holdout") }}),

    buyers as (select distinct user_id from holdout),

    final as (
        select
            batch_items.user_index,
            batch_items.allow_repeat,
            batch_items.candidate_source,
            batch_items.batch,
            {{ ratio("count(holdout.item_id)", "count(*)") }} as taken_share
        from batch_items
        inner join buyers on batch_items.user_id = buyers.user_id
        left join
            holdout
            on batch_items.user_id = holdout.user_id
            and batch_items.item_id = holdout.item_id
        group by
            batch_items.user_index,
            batch_items.allow_repeat,
            batch_items.candidate_source,
            batch_items.batch
    )

select *
from final
