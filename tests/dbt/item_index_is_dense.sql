-- Factor tables and kernels count items from 0 without a gap: eligible ones first, then
-- new ones.
with
    items as (select * from {{ ref("int_items") }}),

    counted as (
        select
            count(*) as item_count,
            count(distinct item_index) as index_count,
            min(item_index) as first_index,
            max(item_index) as last_index,
            max(case when is_eligible then item_index end) as last_eligible,
            min(case when not is_eligible then item_index end) as first_not_eligible,
            max(case when is_new then item_index end) as last_new,
            min(
                case when not is_eligible and not is_new then item_index end
            ) as first_other
        from items
    ),

    final as (
        select
            concat(
                cast(item_count as varchar),
                ' items are numbered from ',
                cast(first_index as varchar),
                ' to ',
                cast(last_index as varchar),
                ' instead of from 0 without a gap, eligible items first, then new ones; ',
                'restore item_index in int_items'
            ) as problem
        from counted
        where
            index_count <> item_count
            or first_index <> 0
            or last_index <> item_count - 1
            or last_eligible > first_not_eligible
            or last_new > first_other
    )

select *
from final
