-- One row per item_index of the pairs: how popular the item is, of late, and how loyal
-- its takers are.
{{ config(enabled=uses_ranker("items") == "yes") }}
with
    items as (select * from {{ ref("int_items") }}),
    ages as (select * from {{ ref("int_item_ages") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    popularity as (select * from {{ ref("sig_popularity") }}),
    takers as (select * from {{ ref("sig_item_takers") }}),
    reference as (select * from {{ ref("int_reference_time") }}),
    events as (select * from {{ ref("int_events") }}),

    windows as (
        select
            events.item_id,
            {% for days in var("ranker_windows") %}
                count(
                    distinct case
                        when
                            {{
                                days_between(
                                    "events.event_at", "reference.reference_at"
                                )
                            }} < {{ days | int }}
                        then events.user_id
                    end
                ) as users_{{ days | int }}
                {{ "," if not loop.last }}
            {% endfor %}
        from events
        cross join reference
        where events.is_taken
        group by events.item_id
    ),

    loyal as (
        select
            item_index,
            count(*) as taker_count,
            count(case when basket_count > 1 then 1 end) as repeater_count,
            sum(basket_count) as basket_count
        from user_items
        where is_taken and weight > 0
        group by item_index
    ),

    returned as (
        select
            item_index,
            count(*) as previous_count,
            count(case when is_recent then 1 end) as returned_count
        from takers
        where is_previous
        group by item_index
    ),

    final as (
        select
            items.item_index,
            {% for days in var("ranker_windows") %}
                windows.users_{{ days | int }} as item_users_{{ days | int }},
            {% endfor %}
            loyal.taker_count as item_users,
            popularity.decayed_weight as item_weight,
            popularity.trend as item_trend,
            {{ ratio("loyal.repeater_count", "loyal.taker_count") }}
            as item_repeat_share,
            {{ ratio("loyal.basket_count", "loyal.taker_count") }}
            as item_baskets_per_user,
            {{ ratio("returned.returned_count", "returned.previous_count") }}
            as item_return_share,
            ages.age_days as item_age_days,
            {{ days_between("items.last_at", "reference.reference_at") }}
            as item_days_since_sold
        from items
        inner join ages on items.item_id = ages.item_id
        inner join loyal on items.item_index = loyal.item_index
        left join popularity on items.item_index = popularity.item_index
        left join returned on items.item_index = returned.item_index
        left join windows on items.item_id = windows.item_id
        cross join reference
    )

select *
from final
