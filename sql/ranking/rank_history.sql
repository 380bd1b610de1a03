-- One row per (user_index, item_index) that the user knows: how often and when they
-- took it. decayed_h = sum over all events of event weight * 2^(-age / h), h in
-- ranker_half_lives;
-- overdue = days since the last over the user's own gap, else the item's.
{{ config(enabled=uses_ranker("history") == "yes") }}
with
    pairs as (select * from {{ ref("rank_pairs") }}),
    events as (select * from {{ ref("int_events") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    reference as (select * from {{ ref("int_reference_time") }}),
    own_rhythms as (select * from {{ ref("int_repurchases") }}),
    item_rhythms as (select * from {{ ref("sig_item_rhythms") }}),

    -- how many baskets of the user are later than this one
    sequence as (
        select
            basket_id,
            row_number() over (
                partition by user_id order by basket_at desc, basket_id desc
            )
            - 1 as later_count
        from baskets
        where user_id is not null and is_order
    ),

    aged as (
        select
            pairs.user_id,
            pairs.item_id,
            pairs.user_index,
            pairs.item_index,
            events.basket_id,
            sequence.later_count,
            events.event_weight,
            events.is_taken,
            {{ days_between("events.event_at", "reference.reference_at") }} as age_days
        from pairs
        inner join
            events on pairs.user_id = events.user_id and pairs.item_id = events.item_id
        left join sequence on events.basket_id = sequence.basket_id and events.is_taken
        cross join reference
    ),

    summed as (
        select
            user_id,
            item_id,
            user_index,
            item_index,
            {% for days in var("ranker_half_lives") %}
                {{ stable_sum("event_weight * " ~ decay("age_days", none, days)) }}
                as decayed_{{ days | int }},
            {% endfor %}
            count(distinct case when is_taken then basket_id end) as basket_count,
            min(case when is_taken then age_days end) as days_since_last,
            max(case when is_taken then age_days end) as days_since_first,
            min(later_count) as baskets_since_last,
            max(later_count) as baskets_since_first
        from aged
        group by user_id, item_id, user_index, item_index
    ),

    final as (
        select
            summed.user_index,
            summed.item_index,
            {% for days in var("ranker_half_lives") %}
                summed.decayed_{{ days | int }},
            {% endfor %}
            summed.basket_count,
            {{ ratio("summed.basket_count", "summed.baskets_since_first + 1") }}
            as basket_share,
            summed.days_since_last,
            summed.days_since_first,
            summed.baskets_since_last,
            own_rhythms.gap_days as own_gap_days,
            item_rhythms.gap_days as item_gap_days,
            {{
                ratio(
                    "summed.days_since_last",
                    "coalesce(own_rhythms.gap_days, item_rhythms.gap_days)",
                )
            }} as overdue
        from summed
        left join
            own_rhythms
            on summed.user_id = own_rhythms.user_id
            and summed.item_id = own_rhythms.item_id
        left join item_rhythms on summed.item_id = item_rhythms.item_id
    )

select *
from final
