-- A restriction that ends before it starts, or as it does, would never hold.
with
    restrictions as (select * from {{ ref("stg_restrictions") }}),

    never as (
        select
            concat(
                kind,
                ' of ',
                case
                    when item_id is not null
                    then 'item '
                    when category is not null
                    then 'category '
                    when user_id is not null
                    then 'user '
                    else 'region '
                end,
                {{
                    quoted_text(
                        "coalesce(cast(item_id as varchar), category, cast(user_id as varchar), region)"
                    )
                }},
                ' from ',
                cast(starts_at as varchar),
                ' to ',
                cast(ends_at as varchar)
            ) as example
        from restrictions
        where ends_at <= starts_at
    ),

    final as (
        select
            concat(
                cast(count(*) as varchar),
                ' rows of input restrictions end before they start, such as ',
                min(example),
                ', and never hold; mend them, or leave them out by entry where of var ',
                'restrictions'
            ) as problem
        from never
        having count(*) > 0
    )

select *
from final
