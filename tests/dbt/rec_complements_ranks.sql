-- Every item's list is ranked 1 to n.
with
    complements as (select * from {{ ref("rec_complements") }}),

    counted as (
        select
            item_id,
            count(*) as row_count,
            count(distinct item_rank) as rank_count,
            min(item_rank) as first_rank,
            max(item_rank) as last_rank
        from complements
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
                ' instead of 1, 2, 3 without a gap or tie; ',
                'restore list_rank in rec_complements'
            ) as problem
        from counted
        where rank_count <> row_count or first_rank <> 1 or last_rank <> row_count
    )

select *
from final
