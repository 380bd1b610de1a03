-- One row per (user_id, session_number): the session_neighbours recent orders of others
-- that are most like a user's latest items.
-- vmis_knn (Kersbergen, Sprangers and Schelter 2022): similarity = sum of the recency
-- of shared items; vote = it * (1 - 0.1 * steps back to the latest of them). s_knn
-- (Jannach
-- and Ludewig 2017): both are the cosine of the two sets of items.
{% set is_vmis = var("session_similarity") == "vmis_knn" %}
{{
    config(
        enabled="session_knn" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),
    sessions as (select * from {{ ref("sig_recent_sessions") }}),

    recency as ({{ latest_first("user_items") }}),

    latest as (
        select *, count(*) over (partition by user_id) as item_count
        from recency
        where recency_rank <= {{ var("latest_items") | int }}
    ),

    shared as (
        select
            latest.user_id,
            sessions.session_number,
            latest.item_index,
            latest.recency_rank,
            latest.item_count,
            sessions.item_count as session_item_count,
            latest.item_count + 1 - latest.recency_rank as recency
        from latest
        inner join
            sessions
            on latest.item_index = sessions.item_index
            and (sessions.user_id is null or latest.user_id <> sessions.user_id)
        where sessions.item_place <= {{ var("session_recent") | int }}
    ),

    compared as (
        select
            user_id,
            session_number,
            {% if is_vmis %} sum(recency) / cast(max(item_count) as double)
            {% else %}
                count(*)
                / sqrt(cast(max(item_count) * max(session_item_count) as double))
            {% endif %} as similarity,
            min(recency_rank) as step,
            arg_max(item_index, - recency_rank) as shared_index
        from shared
        group by user_id, session_number
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by user_id order by similarity desc, session_number
            ) as neighbour_rank
        from compared
    ),

    final as (
        select
            user_id,
            session_number,
            {% if is_vmis %} similarity * greatest(11 - step, 0) / cast(10 as double)
            {% else %} similarity
            {% endif %} as vote,
            shared_index,
            neighbour_rank
        from ranked
        where neighbour_rank <= {{ var("session_neighbours") | int }}
    )

select *
from final
