-- Fails where events were accepted, but no item may be recommended.
with
    items as (select * from {{ ref("int_items") }}),

    counted as (
        select
            max(visit_count) as most_baskets,
            count(case when is_eligible then 1 end) as eligible_count
        from items
    ),

    final as (
        select
            concat(
                'no item is in at least ',
                '{{ var("min_item_baskets") | int }} baskets or sessions (the most is ',
                cast(most_baskets as varchar),
                '); lower var min_item_baskets'
            ) as problem
        from counted
        where most_baskets > 0 and eligible_count = 0
    )

select *
from final
