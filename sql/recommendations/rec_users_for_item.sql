-- One row per (item_id, item_rank): whom to tell about an item, the likeliest first.
-- score = sum over the personal sources that propose the item of 1 / (60 + the user's
-- rank among its users there): reciprocal rank fusion, Cormack et al. 2009.
{% set personal = (
    var("candidate_sources")
    | reject("in", ["popular", "group_popular", "new_items"])
    | sort
) %}
{{ config(enabled=personal | length > 0) }}
with
    candidates as (select * from {{ ref("cand_all") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    placed as (
        select
            candidates.item_id,
            users.user_index,
            candidates.candidate_source,
            row_number() over (
                partition by candidates.candidate_source, candidates.item_id
                order by candidates.score desc, users.user_index
            ) as source_rank
        from candidates
        inner join users on candidates.user_id = users.user_id
        where
            candidates.candidate_source not in ('popular', 'group_popular', 'new_items')
    ),

    fused as (
        select
            item_id,
            user_index,
            {{ stable_sum(ratio("1", "(60 + source_rank)")) }} as score,
            concat_ws(
                ', '
                {% for source in personal %}
                    ,
                    max(
                        case
                            when candidate_source = '{{ source }}' then '{{ source }}'
                        end
                    )
                {% endfor %}
            ) as sources
        from placed
        group by item_id, user_index
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by item_id order by score desc, user_index
            ) as item_rank
        from fused
        qualify item_rank <= {{ var("users_per_item") | int }}
    ),

    final as (
        select
            ranked.item_id,
            users.user_id,
            items.title as item_title,
            {{ is_repeat("user_items") }} as is_repeat,
            user_items.basket_count,
            user_items.last_taken_at as last_at,
            ranked.sources,
            ranked.score,
            ranked.item_rank,
            {{ run_stamp() }}
        from ranked
        inner join users on ranked.user_index = users.user_index
        inner join items on ranked.item_id = items.item_id
        left join
            user_items
            on ranked.user_index = user_items.user_index
            and ranked.item_id = user_items.item_id
    )

select *
from final
