-- One row: two clocks. Ages count from reference_at, as_of or else the last event; what
-- may be shown is judged at shown_at, as_of or else show_at or else the refresh.
{% set moments = [var("as_of"), var("show_at"), run_started_at] %}
with
    owner_items as (select * from {{ ref("int_owner_items") }}),
    baskets as (select * from {{ ref("int_baskets") }}),

    taken as (
        select
            min(first_at) as first_event_at,
            max(last_at) as last_event_at,
            cast(coalesce(sum(event_count), 0) as bigint) as event_count
        from owner_items
    ),

    placed as (
        select
            count(case when is_order then 1 end) as basket_count,
            count(distinct case when is_order then user_id end) as user_count
        from baskets
    ),

    final as (
        select
            {% if var("as_of") is none %} taken.last_event_at
            {% else %} {{ as_timestamp(var("as_of")) }}
            {% endif %} as reference_at,
            {{ as_timestamp(moments | select | first) }} as shown_at,
            taken.first_event_at,
            taken.last_event_at,
            taken.event_count,
            placed.basket_count,
            placed.user_count
        from taken
        cross join placed
    )

select *
from final
