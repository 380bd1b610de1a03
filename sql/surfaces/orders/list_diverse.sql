-- One row per (user_id, surface, item_id): the order by maximal marginal relevance.
-- Each place goes to the item of the largest (1 - diversity) / log2(1 + place) -
-- diversity * (likeness to the most alike item before it). Carbonell and Goldstein
-- 1998.
-- Likeness: cosine of the items' texts where source content is built, else the same
-- categories.
{{
    config(
        enabled=surfaces_use(["diversity"]) == "yes",
        meta={"blocks": "user_index"},
    )
}}
with
    orders as (select * from {{ ref("list_orders") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    users as (select * from {{ ref("int_users") }} where {{ in_block("user_index") }}),
    items as (select * from {{ ref("int_items") }}),

    features as (
        {% if "content" in var("candidate_sources") %}
            select item_index, term_index as feature_index, weight
            from {{ ref("sig_item_term_weights") }}
        {% else %}
            select
                items.item_index,
                cast(
                    dense_rank() over (order by item_categories.category) - 1 as integer
                ) as feature_index,
                cast(1 as double) as weight
            from {{ ref("stg_item_categories") }} as item_categories
            inner join items on item_categories.item_id = items.item_id
        {% endif %}
    ),

    found as (
        select
            orders.surface,
            unnest(
                diversify(
                    list(users.user_index),
                    list(items.item_index),
                    list(cast(orders.item_place as integer)),
                    (
                        select
                            {{ sparse_matrix("item_index", "feature_index", "weight") }}
                        from features
                    ),
                    max(surfaces.diversity)
                ),
                recursive := true
            )
        from orders
        inner join surfaces on orders.surface = surfaces.surface
        inner join users on orders.user_id = users.user_id
        inner join items on orders.item_id = items.item_id
        where
            surfaces.diversity > 0
            and not orders.is_capped
            and orders.item_place
            <= greatest({{ var("candidates_per_user") | int }}, surfaces.list_length)
        group by orders.surface
    ),

    indexed as (select surface, user_index, item_index, item_place from found),

    final as (
        select users.user_id, indexed.surface, items.item_id, indexed.item_place
        from indexed
        inner join users on indexed.user_index = users.user_index
        inner join items on indexed.item_index = items.item_index
    )

select *
from final
