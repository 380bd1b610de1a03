-- Every item's list of substitutes is ranked 1 to n and leaves out the item itself.
{{ config(enabled="content" in var("candidate_sources")) }}
with
    substitutes as (select * from {{ ref("rec_substitutes") }}),

    counted as (
        select
            item_id,
            count(*) as row_count,
            count(distinct item_rank) as rank_count,
            min(item_rank) as first_rank,
            max(item_rank) as last_rank,
            count(*) filter (where substitute_item_id = item_id) as self_count
        from substitutes
        group by item_id
    ),

    final as (
        select
            concat(
                'item ',
                cast(item_id as varchar),
                ' has ',
                cast(row_count as varchar),
                ' rows with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' and ',
                cast(self_count as varchar),
                ' of the item itself, instead of 1, 2, 3 without a gap, tie or itself; ',
                'restore item_rank in rec_substitutes'
            ) as problem
        from counted
        where
            rank_count <> row_count
            or first_rank <> 1
            or last_rank <> row_count
            or self_count > 0
    )

select *
from final
