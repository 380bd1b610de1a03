-- Lists are as long as eligible items allow, wherever the fallback can promise it:
-- popular knows enough new items for everyone, history every repeat.
with
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    lists as (select * from {{ ref("rec_for_user") }}),
    stages as ({{ surface_stages() }}),

    promised as (
        select surface, allow_repeat, list_length
        from stages
        where
            min_orders = 0
            and candidate_source
            = case when allow_repeat = 'repeat_only' then 'history' else 'popular' end
        group by surface, allow_repeat, list_length
    ),

    eligible as (select count(*) as item_count from items where is_eligible),

    owned as (
        select
            user_id,
            count(*) as item_count,
            count(case when weight > 0 then 1 end) as liked_count,
            count(case when weight < 0 then 1 end) as disliked_count
        from user_items
        where is_eligible
        group by user_id
    ),

    listed as (
        select user_id, surface, count(*) as item_count
        from lists
        group by user_id, surface
    ),

    compared as (
        select
            users.user_id,
            promised.surface,
            coalesce(listed.item_count, 0) as listed_count,
            least(
                promised.list_length,
                {{ var("candidates_per_user") | int }},
                case
                    promised.allow_repeat
                    when 'all'
                    then eligible.item_count - coalesce(owned.disliked_count, 0)
                    when 'new_only'
                    then eligible.item_count - coalesce(owned.item_count, 0)
                    else coalesce(owned.liked_count, 0)
                end
            ) as wanted_count
        from users
        cross join promised
        cross join eligible
        left join owned on users.user_id = owned.user_id
        left join
            listed
            on users.user_id = listed.user_id
            and promised.surface = listed.surface
    ),

    final as (
        select
            concat(
                'surface ',
                surface,
                ' shows user ',
                cast(user_id as varchar),
                ' ',
                cast(listed_count as varchar),
                ' items where ',
                cast(wanted_count as varchar),
                ' are possible; var candidate_sources must hold its fallback ',
                '(popular; history where the surface is repeat_only)'
            ) as problem
        from compared
        where listed_count < wanted_count
    )

select *
from final
