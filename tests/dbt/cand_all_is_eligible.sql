-- Eligibility comes before top-k: no source proposes an item that may not be shown.
with
    candidates as (select * from {{ ref("cand_all") }}),
    items as (select * from {{ ref("int_items") }}),

    final as (
        select
            concat(
                'source ',
                candidates.candidate_source,
                ' proposes item ',
                cast(min(candidates.item_id) as varchar),
                ', which is not eligible; keep only int_items.is_eligible in the model'
            ) as problem
        from candidates
        left join items on candidates.item_id = items.item_id and items.is_eligible
        where items.item_id is null
        group by candidates.candidate_source
    )

select *
from final
