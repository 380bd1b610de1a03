-- A new_only surface holds nothing the user has; a repeat_only surface nothing else.
with
    lists as (select * from {{ ref("rec_for_user") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),

    restricted as (
        select
            lists.user_id,
            lists.item_id,
            lists.surface,
            surfaces.allow_repeat,
            {{ surface_repeat("surfaces", "user_items") }} as is_repeat
        from lists
        inner join
            surfaces
            on lists.surface = surfaces.surface
            and surfaces.allow_repeat <> 'all'
        left join
            user_items
            on lists.user_id = user_items.user_id
            and lists.item_id = user_items.item_id
    ),

    final as (
        select
            concat(
                'surface ',
                surface,
                ' is ',
                allow_repeat,
                ', but shows a user',
                ' item ',
                cast(item_id as varchar),
                case when is_repeat then ', which they have' else ', which is new' end,
                '; correct is_repeat in the cand_ model of the row'
            ) as problem,
            user_id
        from restricted
        where is_repeat <> (allow_repeat = 'repeat_only')
    )

select *
from final
