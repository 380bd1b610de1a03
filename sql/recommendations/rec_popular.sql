-- One row per (group_kind, group_name, item_rank): the most popular items of a group.
-- group_kind is all, region or user_group; user_share is the share of the group's
-- users.
with
    popularity as (select * from {{ ref("sig_popularity") }}),
    group_popularity as (select * from {{ ref("sig_group_popularity") }}),
    items as (select * from {{ ref("int_items") }}),

    united as (
        select
            'all' as group_kind,
            'all' as group_name,
            item_id,
            user_count,
            user_share,
            score,
            popularity_rank
        from popularity
        union all
        select
            group_kind,
            group_name,
            item_id,
            user_count,
            user_share,
            score,
            popularity_rank
        from group_popularity
    ),

    final as (
        select
            united.group_kind,
            united.group_name,
            united.item_id,
            items.title as item_title,
            items.category,
            united.user_count,
            united.user_share,
            popularity.trend,
            united.score,
            united.popularity_rank as item_rank,
            {{ run_stamp() }}
        from united
        inner join items on united.item_id = items.item_id
        inner join popularity on united.item_id = popularity.item_id
        where united.popularity_rank <= {{ var("popular_per_group") | int }}
    )

select *
from final
