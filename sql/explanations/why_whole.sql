-- One row per (user_id, item_id, candidate_source) shown by a source that has no terms.
-- The whole score has one cause: the user's own history, what many users take, or that
-- the item is new.
with
    shown as (select * from {{ ref("why_shown") }}),
    users as (select * from {{ ref("int_users") }}),
    popularity as (select * from {{ ref("sig_popularity") }}),
    group_popularity as (select * from {{ ref("sig_group_popularity") }}),

    final as (
        select
            shown.user_id,
            shown.item_id,
            shown.candidate_source,
            case
                when shown.candidate_source = 'history'
                then 'item'
                when shown.candidate_source = 'new_items'
                then 'new'
                else 'popular'
            end as part,
            case
                when shown.candidate_source = 'history' then shown.item_index
            end as reason_index,
            shown.score as contribution,
            cast(null as bigint) as pair_count,
            cast(null as double) as lift,
            case
                when shown.candidate_source = 'popular'
                then 'all'
                when shown.candidate_source = 'group_popular'
                then users.group_kind
            end as group_kind,
            case
                when shown.candidate_source = 'popular'
                then 'all'
                when shown.candidate_source = 'group_popular'
                then users.group_name
            end as group_name,
            case
                when shown.candidate_source = 'popular'
                then popularity.user_share
                when shown.candidate_source = 'group_popular'
                then group_popularity.user_share
            end as user_share
        from shown
        inner join users on shown.user_id = users.user_id
        left join popularity on shown.item_id = popularity.item_id
        left join
            group_popularity
            on users.group_kind = group_popularity.group_kind
            and users.group_name = group_popularity.group_name
            and shown.item_id = group_popularity.item_id
        where
            shown.candidate_source
            in ('history', 'popular', 'group_popular', 'new_items')
    )

select *
from final
