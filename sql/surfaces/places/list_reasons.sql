-- One row per (user_id, item_id, candidate_source): which of a user's items speaks most
-- for one that a surface shows or would show next, in sources that add all of them up.
-- The reason is the item of the largest term; of equal ones that of the smallest index.
{% set sources = reasoned_sources().split() %}
{% set linear = sources | reject("equalto", "item_knn") | list %}
{% set knn = sources | select("equalto", "item_knn") | list %}
{{ config(enabled=sources | length > 0, meta={"blocks": "user_index"}) }}
with
    lists as (select * from {{ ref("list_ranked") }}),
    everyone as (select * from {{ ref("int_user_items") }}),
    users as (select * from {{ ref("int_users") }} where {{ in_block("user_index") }}),
    items as (select * from {{ ref("int_items") }}),
    {% if linear %}
        item_weights as (select * from {{ ref("sig_linear_weights") }}),
    {% endif %}
    {% if knn %}
        neighbours as (select * from {{ ref("sig_knn_neighbours") }}),
    {% endif %}

    -- a known item is its own reason
    shown as (
        select
            lists.user_id,
            lists.item_id,
            lists.lead_source as candidate_source,
            users.user_index,
            items.item_index
        from lists
        inner join users on lists.user_id = users.user_id
        inner join items on lists.item_id = items.item_id
        where
            lists.reason_item_id is null
            and lists.lead_source in ('{{ sources | join("', '") }}')
        qualify
            row_number() over (
                partition by lists.user_id, lists.item_id, lists.lead_source
                order by lists.surface
            )
            = 1
    ),

    user_items as (
        select * from everyone where user_index in (select user_index from shown)
    ),

    {% for source in linear %}
        {{ source }}_found as (
            select
                unnest(
                    {{ weight_terms(source, "everyone", "item_weights", "shown", 1) }},
                    recursive := true
                )
            from user_items
            where {{ linear_filter(source, "item_weights") }}
        ),
    {% endfor %}
    {% if knn %}
        item_knn_found as (
            select
                shown.user_index,
                shown.item_index,
                arg_max(
                    user_items.item_index,
                    (user_items.weight * neighbours.similarity, - user_items.item_index)
                ) as reason_index
            from shown
            inner join neighbours on shown.item_index = neighbours.similar_item_index
            inner join
                user_items
                on shown.user_index = user_items.user_index
                and neighbours.item_index = user_items.item_index
            where
                candidate_source = 'item_knn' and is_eligible and user_items.weight > 0
            group by shown.user_index, shown.item_index
        ),
    {% endif %}

    found as (
        {% for source in sources %}
            select
                '{{ source }}' as candidate_source, user_index, item_index, reason_index
            from {{ source }}_found {{ "" if loop.last else "union all" }}
        {% endfor %}
    ),

    final as (
        select
            shown.user_id,
            shown.item_id,
            shown.candidate_source,
            because.item_id as reason_item_id
        from shown
        inner join found using (candidate_source, user_index, item_index)
        inner join items as because on found.reason_index = because.item_index
    )

select *
from final
