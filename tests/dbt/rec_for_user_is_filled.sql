-- Lists are as long as eligible items allow, wherever the fallback can promise it:
-- popular knows enough new items for everyone, history every repeat.
with
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (select * from {{ ref("elig_exclusions") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    lists as (select * from {{ ref("rec_for_user") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    stages as (select * from {{ ref("list_stages") }}),

    -- rules that hide items or leave out variants may leave too few
    promised as (
        select
            surfaces.surface,
            surfaces.allow_repeat,
            surfaces.list_length,
            surfaces.scope_surface
        from stages
        inner join surfaces on stages.surface = surfaces.surface
        where
            stages.min_orders = 0
            and stages.min_score is null
            and not surfaces.is_moved
            and stages.candidate_source = case
                when surfaces.allow_repeat = 'repeat_only' then 'history' else 'popular'
            end
        group by
            surfaces.surface,
            surfaces.allow_repeat,
            surfaces.list_length,
            surfaces.scope_surface
    ),

    eligible as (
        select scope_index, count(*) as item_count
        from scope_items
        where is_eligible
        group by scope_index
    ),

    touched as (
        select user_id, item_index
        from user_items
        union
        select user_id, item_index
        from exclusions
    ),

    owned as (
        select
            touched.user_id,
            user_scopes.scope_index,
            count(
                case
                    when exclusions.item_id is not null or {{ is_repeat("user_items") }}
                    then 1
                end
            ) as item_count,
            count(exclusions.item_id) as excluded_count,
            count(
                case
                    when
                        exclusions.item_id is null
                        and {{ is_repeat("user_items") }}
                        and user_items.weight > 0
                    then 1
                end
            ) as liked_count
        from touched
        inner join user_scopes on touched.user_id = user_scopes.user_id
        inner join
            scope_items
            on user_scopes.scope_index = scope_items.scope_index
            and touched.item_index = scope_items.item_index
            and scope_items.is_eligible
        left join
            user_items
            on touched.user_id = user_items.user_id
            and touched.item_index = user_items.item_index
        left join
            exclusions
            on touched.user_id = exclusions.user_id
            and touched.item_index = exclusions.item_index
        group by touched.user_id, user_scopes.scope_index
    ),

    listed as (
        select user_id, surface, count(*) as item_count
        from lists
        group by user_id, surface
    ),

    compared as (
        select
            user_scopes.user_id,
            promised.surface,
            coalesce(listed.item_count, 0) as listed_count,
            least(
                promised.list_length,
                {{ var("candidates_per_user") | int }},
                case
                    promised.allow_repeat
                    when 'all'
                    then
                        coalesce(eligible.item_count, 0)
                        - coalesce(owned.excluded_count, 0)
                    when 'new_only'
                    then
                        coalesce(eligible.item_count, 0) - coalesce(owned.item_count, 0)
                    else coalesce(owned.liked_count, 0)
                end
            ) as wanted_count
        from user_scopes
        inner join
            promised
            on coalesce(user_scopes.surface, '') = coalesce(promised.scope_surface, '')
        left join eligible on user_scopes.scope_index = eligible.scope_index
        left join
            owned
            on user_scopes.user_id = owned.user_id
            and user_scopes.scope_index = owned.scope_index
        left join
            listed
            on user_scopes.user_id = listed.user_id
            and promised.surface = listed.surface
    ),

    final as (
        select
            concat(
                'surface ',
                surface,
                ' shows a user',
                ' ',
                cast(listed_count as varchar),
                ' items where ',
                cast(wanted_count as varchar),
                ' are possible; var candidate_sources must hold its fallback ',
                '(popular; history where the surface is repeat_only)'
            ) as problem,
            user_id
        from compared
        where listed_count < wanted_count
    )

select *
from final
