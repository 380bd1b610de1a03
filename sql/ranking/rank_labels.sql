-- One row per (user_index, item_index) to learn from, as of a past moment: whether the
-- user took the item in the holdout that followed.
-- From users who took nothing there is nothing to learn; of the others ranker_users at
-- most are drawn by hash.
{{ config(enabled=uses_ranker() == "yes" and var("as_of") is not none) }}
with
    pairs as (select * from {{ ref("rank_pairs") }}),
    holdout as (select * from {{ ref("int_holdout") }}),
    users as (select * from {{ ref("int_users") }}),

    drawn as (
        select
            user_id,
            row_number() over (
                order by md5(cast(user_id as varchar)), user_index
            ) as draw
        from users
        where user_id in (select user_id from holdout)
    ),

    final as (
        select
            pairs.user_index, pairs.item_index, holdout.item_id is not null as is_taken
        from pairs
        inner join drawn on pairs.user_id = drawn.user_id
        left join
            holdout
            on pairs.user_id = holdout.user_id
            and pairs.item_id = holdout.item_id
        where drawn.draw <= {{ var("ranker_users") | int }}
    )

select *
from final
