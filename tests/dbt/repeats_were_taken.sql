-- What a source calls a repeat was taken before as_of, and what it calls new was not.
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
                '; mark it by int_user_items, with macro mark_repeats'
            ) as problem,
            candidates.user_id
        from candidates
        left join
            user_items
            on candidates.user_id = user_items.user_id
            and candidates.item_id = user_items.item_id
        where candidates.is_repeat <> (user_items.item_id is not null)
    )

select *
from final
