-- One row per (user_id, item_id): items whose ALS factors point the user's way.
-- score = inner product; new items by one call over the catalogue, repeats by a join.
{{ config(enabled="als" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    user_factors as (select * from {{ ref("sig_als_user_factors") }}),
    item_factors as (select * from {{ ref("sig_als_item_factors") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    taken as (select user_index, item_index from user_items where is_eligible),

    known_users as (
        select
            list(user_index order by user_index) as user_indexes,
            list(factors order by user_index) as vectors
        from user_factors
        where user_index in (select user_index from taken)
    ),

    catalogue as (
        select list(factors order by item_index) as vectors from item_factors
    ),

    seen as (
        select {'user_index':list(user_index), 'item_index':list(item_index)} as pairs
        from taken
    ),

    best_new as (
        select
            unnest(
                top_items(
                    known_users.user_indexes,
                    known_users.vectors,
                    catalogue.vectors,
                    seen.pairs,
                    {{ var("candidates_per_user") | int }}
                ),
                recursive := true
            )
        from known_users
        cross join catalogue
        cross join seen
    ),

    indexed as (
        select user_index, item_index, score, false as is_repeat
        from best_new
        union all
        select
            taken.user_index,
            taken.item_index,
            list_inner_product(user_factors.factors, item_factors.factors),
            true
        from taken
        inner join user_factors on taken.user_index = user_factors.user_index
        inner join item_factors on taken.item_index = item_factors.item_index
    ),

    scored as (
        select
            users.user_id,
            items.item_id,
            indexed.item_index,
            indexed.score,
            indexed.is_repeat,
            case when indexed.is_repeat then items.item_id end as reason_item_id
        from indexed
        inner join users on indexed.user_index = users.user_index
        inner join items on indexed.item_index = items.item_index
    ),

    final as ({{ best_candidates("scored", "als") }})

select *
from final
