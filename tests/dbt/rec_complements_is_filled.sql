-- Every item has its complements for region all, as far as there are other items that
-- may be shown.
with
    items as (select * from {{ ref("int_items") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    complements as (select * from {{ ref("rec_complements") }}),

    eligible as (
        select item_index from scope_items where scope_index = 0 and is_eligible
    ),

    total as (select count(*) as item_count from eligible),

    listed as (
        select item_id, count(*) as item_count
        from complements
        where complement_item_id <> item_id and region = 'all'
        group by item_id
    ),

    compared as (
        select
            items.item_id,
            coalesce(listed.item_count, 0) as listed_count,
            least(
                {{ var("complements_per_item") | int }},
                total.item_count
                - case when eligible.item_index is not null then 1 else 0 end
            ) as wanted_count
        from items
        cross join total
        left join eligible on items.item_index = eligible.item_index
        left join listed on items.item_id = listed.item_id
    ),

    final as (
        select
            concat(
                'item ',
                cast(item_id as varchar),
                ' has ',
                cast(listed_count as varchar),
                ' complements other than itself where ',
                cast(wanted_count as varchar),
                ' are possible; restore the popular fill in rec_complements'
            ) as problem
        from compared
        where listed_count <> wanted_count
    )

select *
from final
