-- One row per (fold, user_id, segment_kind, segment): the groups of users that figures
-- are of. user_number names a user in draws: the same in all folds of a run.
-- Everyone, and by var eval_segments: orders so far, home region, user group.
{{ config(enabled=var("as_of") is not none) }}
with
    users as (select * from {{ ref("int_users") }}),
    newcomers as (select * from {{ ref("eval_newcomers") }}),

    everyone as (
        select user_id
        from users
        union
        select user_id
        from newcomers
    ),

    numbered as (
        select
            everyone.user_id,
            users.order_count,
            users.home_region,
            users.user_group,
            cast(
                row_number() over (order by everyone.user_id) - 1 as integer
            ) as user_number
        from everyone
        left join users on everyone.user_id = users.user_id
    ),

    bounds as (select unnest({{ var("eval_order_bounds") }}) as order_from),

    order_groups as (
        select
            order_from,
            lead(order_from) over (order by order_from) - 1 as order_to,
            row_number() over (order by order_from) as segment_place
        from bounds
    ),

    named_groups as (
        select
            order_from,
            order_to,
            segment_place,
            concat(
                cast(order_from as varchar),
                case
                    when order_to is null
                    then ' or more'
                    when order_to > order_from
                    then concat(' to ', cast(order_to as varchar))
                end
            ) as segment
        from order_groups
    ),

    grouped as (
        select
            user_id, 'all' as segment_kind, 'all users' as segment, 1 as segment_place
        from numbered
        union all
        select
            numbered.user_id, 'orders', named_groups.segment, named_groups.segment_place
        from numbered
        inner join
            named_groups
            on numbered.order_count >= named_groups.order_from
            and numbered.order_count
            <= coalesce(named_groups.order_to, numbered.order_count)
        union all
        select user_id, 'region', home_region, 1
        from numbered
        where home_region is not null
        union all
        select user_id, 'user group', user_group, 1
        from numbered
        where user_group is not null
    ),

    final as (
        select
            {{ var("eval_run")["fold"] or 0 }} as fold,
            numbered.user_id,
            numbered.user_number,
            coalesce(numbered.order_count, 0) as order_count,
            grouped.segment_kind,
            grouped.segment,
            grouped.segment_place
        from grouped
        inner join numbered on grouped.user_id = numbered.user_id
        where
            grouped.segment_kind = 'all'
            {% for kind in var("eval_segments") %}
                or grouped.segment_kind = {{ text(kind) }}
            {% endfor %}
    )

select *
from final
