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
                ', which is neither eligible nor new; look only at the items of int_items ',
                'that are'
            ) as problem
        from candidates
        left join
            items
            on candidates.item_id = items.item_id
            and (items.is_eligible or items.is_new)
        where items.item_id is null
        group by candidates.candidate_source
    )

select *
from final
