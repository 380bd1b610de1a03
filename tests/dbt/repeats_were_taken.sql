-- What a source calls a repeat was taken before as_of (or seen, by var repeat_means),
-- and what it calls new was not.
with
    candidates as (select * from {{ ref("cand_all") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    final as (
        select
            concat(
                'source ',
                candidates.candidate_source,
                ' proposes item ',
                cast(candidates.item_id as varchar),
                ' to a user',
                case
                    when candidates.is_repeat
                    then ' as a repeat, but they have not taken it'
                    else ' as new, but they have it'
                end,
                '; end the model with macro best_candidates'
            ) as problem,
            candidates.user_id
        from candidates
        left join
            user_items
            on candidates.user_id = user_items.user_id
            and candidates.item_id = user_items.item_id
        where candidates.is_repeat <> {{ is_repeat("user_items") }}
    )

select *
from final
