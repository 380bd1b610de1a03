-- Eligibility comes before top-k: no source proposes an item that may not be shown.
with
    candidates as (select * from {{ ref("cand_all") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (select * from {{ ref("elig_exclusions") }}),

    final as (
        select
            concat(
                'source ',
                candidates.candidate_source,
                ' proposes item ',
                cast(min(candidates.item_id) as varchar),
                ' to a user who may not be shown it; end its model with best_candidates'
            ) as problem
        from candidates
        left join
            user_scopes
            on candidates.user_id = user_scopes.user_id
            and user_scopes.surface is null
        left join
            scope_items
            on user_scopes.scope_index = scope_items.scope_index
            and candidates.item_id = scope_items.item_id
        left join
            exclusions
            on candidates.user_id = exclusions.user_id
            and candidates.item_id = exclusions.item_id
        where scope_items.item_id is null or exclusions.item_id is not null
        group by candidates.candidate_source
    )

select *
from final
