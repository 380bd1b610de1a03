-- A restriction that names nothing would allow or block everything for everyone.
with
    restrictions as (select * from {{ ref("stg_restrictions") }}),

    final as (
        select
            concat(
                cast(count(*) as varchar),
                ' rows of input restrictions name no ',
                case when kind = 'allow' then '' else 'user, region, ' end,
                'item or category; leave such rows out by entry where of var restrictions'
            ) as problem
        from restrictions
        where
            item_id is null
            and category is null
            and (kind = 'allow' or (user_id is null and region is null))
        group by kind
    )

select *
from final
