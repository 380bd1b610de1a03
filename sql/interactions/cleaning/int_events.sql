-- One row per accepted event, weighted by its type and number, placed in a basket.
-- is_taken: a line of an order. All other events are signs of interest, or dislikes.
-- Without a basket_id, a pause of session_gap_hours starts a user's next basket; with
-- one, a pause of more than max_basket_days does, and the next has its day in its name.
{{
    config(
        materialized=incremental_materialization(),
        incremental_strategy="delete+insert",
        unique_key="owner_key",
        post_hook=delete_removals(),
    )
}}
{% set gap = var("session_gap_hours") | float %}
{% set most = var("max_basket_days") or 0 %}
{% set in_order = "(partition by user_id, basket_id order by event_at)" %}
{% set up_to_now = (
    in_order[:-1] ~ " range between unbounded preceding and current row)"
) %}
with
    owners as (select * from {{ ref("int_owners") }}),
    checked as (select * from {{ ref("int_event_checks") }}),
    spread as (select * from {{ ref("int_spread_baskets") }}),
    latest as (select max(changed_at) as refreshed_at from owners),
    {% if is_incremental() %}
        changed as ({{ changed_owners("owners", this) }}),
    {% endif %}

    accepted as (
        select checked.*, spread.basket_id is not null as is_spread
        from checked
        left join
            spread
            on checked.owner_key = spread.owner_key
            and checked.basket_id = spread.basket_id
        where
            checked.rejection_reason is null
            {% if is_incremental() %}
                and checked.owner_key in (select owner_key from changed)
            {% endif %}
    ),

    paused as (
        select
            *,
            {{ days_between("lag(event_at) over " ~ in_order, "event_at") }}
            * 24 as hours_since_last
        from accepted
        where basket_id is null or is_spread
    ),

    numbered as (
        select
            *,
            sum(
                case when hours_since_last < {{ gap }} then 0 else 1 end
            ) over {{ up_to_now }} as session_number,
            max(
                case when hours_since_last > {{ most * 24 }} then event_at end
            ) over {{ up_to_now }} as again_at
        from paused
    ),

    in_baskets as (
        select *, null as hours_since_last, null as session_number, null as again_at
        from accepted
        where basket_id is not null and not is_spread
        union all
        select *
        from numbered
    ),

    final as (
        select
            user_id,
            item_id,
            case
                when basket_id is null
                then
                    concat(
                        cast(user_id as varchar), '#', cast(session_number as varchar)
                    )
                when again_at is null
                then basket_id
                else concat(basket_id, '@', cast(cast(again_at as date) as varchar))
            end as basket_id,
            event_at,
            event_type,
            region,
            quantity,
            amount,
            rating,
            {{ line_weight() }} as event_weight,
            {{ is_taken() }} as is_taken,
            owner_key,
            refreshed_at
            {{ rows_and_removals("in_baskets", "latest", "owner_key", "changed") }}
    )

select *
from final
