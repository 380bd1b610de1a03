-- One row per (group_kind, group_name, item_rank): items that set a group of users
-- apart.
-- Larger share of takers than in the other groups, by Dunning's log-likelihood ratio;
-- ratios below segment_min_ratio are left to chance.
with
    users as (select * from {{ ref("int_users") }}),
    popularity as (select * from {{ ref("sig_popularity") }}),
    group_popularity as (select * from {{ ref("sig_group_popularity") }}),
    items as (select * from {{ ref("int_items") }}),

    everyone as (select count(*) as user_count from users where order_count > 0),

    sized as (
        select group_kind, group_name, count(*) as group_size
        from users
        where group_kind is not null and order_count > 0
        group by group_kind, group_name
    ),

    counted as (
        select
            group_popularity.group_kind,
            group_popularity.group_name,
            group_popularity.item_index,
            group_popularity.user_count,
            cast(group_popularity.user_count as double) as has_both,
            cast(sized.group_size as double) as has_x,
            cast(popularity.user_count as double) as has_y,
            cast(everyone.user_count - sized.group_size as double) as lacks_x,
            cast(everyone.user_count - popularity.user_count as double) as lacks_y,
            cast(everyone.user_count as double) as total
        from group_popularity
        cross join everyone
        inner join
            sized
            on group_popularity.group_kind = sized.group_kind
            and group_popularity.group_name = sized.group_name
        inner join popularity on group_popularity.item_id = popularity.item_id
    ),

    compared as (select *, {{ log_likelihood_ratio() }} as llr from counted),

    ranked as (
        select
            *,
            row_number() over (
                partition by group_kind, group_name order by llr desc, item_index
            ) as item_rank
        from compared
        where
            has_both * lacks_x > (has_y - has_both) * has_x
            and llr >= {{ var("segment_min_ratio") | float }}
    ),

    final as (
        select
            ranked.group_kind,
            ranked.group_name,
            items.item_id,
            items.title as item_title,
            items.category,
            ranked.user_count,
            {{ ratio("ranked.has_both", "ranked.has_x") }} as user_share,
            {{ ratio("ranked.has_y - ranked.has_both", "ranked.lacks_x") }}
            as other_share,
            ranked.llr as log_likelihood_ratio,
            ranked.item_rank,
            {{ run_stamp() }}
        from ranked
        inner join items on ranked.item_index = items.item_index
        where ranked.item_rank <= {{ var("segment_items_per_group") | int }}
    )

select *
from final
