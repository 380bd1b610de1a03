-- One row per (pair_key, counted_at): baskets that hold both items, as of a refresh;
-- the
-- latest row of a pair holds. pair_key = the smaller item_code * 2^32 + the larger one.
-- All pairs in a first build, then those that changed: the last count, less the pairs
-- of
-- touched baskets as they were counted last, plus their pairs now.
{{
    config(
        materialized=refreshed_as(),
        incremental_strategy="append",
        enabled=var("rule_decay_days") is none,
    )
}}
{% set counted_last = last_refresh(this, "counted_at") %}
with
    contents as (select * from {{ ref("int_basket_contents") }} where is_paired),

    latest as (select max(coalesce(until_at, since_at)) as counted_at from contents),

    {% if is_incremental() %}
        touched as (
            select *
            from contents
            where
                basket_index in (
                    select basket_index
                    from contents
                    where coalesce(until_at, since_at) > {{ counted_last }}
                )
        ),

        held as (
            select basket_index, item_code, -1 as times
            from touched
            where
                since_at <= {{ counted_last }}
                and coalesce(until_at > {{ counted_last }}, true)
            union all
            select basket_index, item_code, 1 as times
            from touched
            where until_at is null
        ),
    {% else %}
        held as (
            select basket_index, item_code, 1 as times
            from contents
            where until_at is null
        ),
    {% endif %}

    counted as (
        select
            one.item_code * cast(4294967296 as bigint) + other.item_code as pair_key,
            sum(one.times) as pair_count
        from held as one
        inner join
            held as other
            on one.basket_index = other.basket_index
            and one.times = other.times
            and one.item_code < other.item_code
        group by pair_key
        having sum(one.times) <> 0
    ),

    {% if is_incremental() %}
        known as (
            select pair_key, arg_max(pair_count, counted_at) as pair_count
            from {{ this }}
            where pair_key in (select pair_key from counted)
            group by pair_key
        ),
    {% endif %}

    final as (
        select
            counted.pair_key,
            cast(
                counted.pair_count
                {% if is_incremental() %}
                    + coalesce(known.pair_count, 0)
                {% endif %} as integer
            ) as pair_count,
            latest.counted_at
        from counted
        {% if is_incremental() %}
            left join known on counted.pair_key = known.pair_key
        {% endif %}
        cross join latest
    )

select *
from final
