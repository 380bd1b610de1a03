-- One row per (user_id, item_id): what is in recent orders like the user's latest
-- items.
-- score = sum of the orders' votes, of VMIS-kNN (Kersbergen, Sprangers and Schelter
-- 2022)
-- times ln(all recent orders / those with the item); of S-KNN (Jannach and Ludewig
-- 2017)
-- as they are.
{{
    config(
        enabled="session_knn" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    neighbours as (select * from {{ ref("sig_similar_sessions") }}),
    sessions as (select * from {{ ref("sig_recent_sessions") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (
        select * from {{ ref("elig_user_scopes") }} where {{ in_block("user_index") }}
    ),

    held as (
        select
            item_index,
            {% if var("session_similarity") == "vmis_knn" %}
                ln(
                    (select max(session_number) from sessions)
                    / cast(max(item_place) as double)
                )
            {% else %} cast(1 as double)
            {% endif %} as rarity
        from sessions
        group by item_index
    ),

    voted as (
        select
            neighbours.user_id,
            sessions.item_index,
            {{ stable_sum("neighbours.vote") }} as votes,
            arg_max(
                neighbours.shared_index, (neighbours.vote, - neighbours.session_number)
            ) as reason_index
        from neighbours
        inner join sessions on neighbours.session_number = sessions.session_number
        where
            neighbours.vote > 0
            and neighbours.user_id in (select user_id from user_scopes)
        group by neighbours.user_id, sessions.item_index
    ),

    scored as (
        select
            voted.user_id,
            items.item_id,
            voted.item_index,
            voted.votes * held.rarity as score,
            because.item_id as reason_item_id
        from voted
        inner join held on voted.item_index = held.item_index
        inner join items on voted.item_index = items.item_index
        inner join items as because on voted.reason_index = because.item_index
    ),

    final as ({{ best_candidates("scored", "session_knn") }})

select *
from final
