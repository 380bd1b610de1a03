-- One row per (pair_key, counted_at): baskets with both items as of a refresh.
-- pair_key = the smaller item_code * 2^32 + the larger. A first build counts all
-- pairs. A
-- refresh adds those that changed: what was counted last, less the pairs of touched
-- baskets as they were then, plus their pairs now. The latest row of a pair holds.
{{
    config(
        materialized=refreshed_as(),
        incremental_strategy="append",
        enabled=var("rule_decay_days") is none,
    )
}}
{% set counted_last = last_refresh(this, "counted_at") %}
with
    contents as (select * from {{ ref("int_basket_contents") }}),

    latest as (
        select max(coalesce(until_at, since_at)) as counted_at
        from {{ ref("int_basket_contents") }}
    ),

    {% if is_incremental() %}
        touched as (
            select basket_index
            from {{ ref("int_basket_contents") }}
            where coalesce(until_at, since_at) > {{ counted_last }}
        ),

        versions as (
            select *
            from contents
            where is_paired and basket_index in (select basket_index from touched)
        ),

        held as (
            select basket_index, item_code, -1 as times
            from versions
            where
                since_at <= {{ counted_last }}
                and coalesce(until_at > {{ counted_last }}, true)
            union all
            select basket_index, item_code, 1 as times
            from versions
            where until_at is null
        ),
    {% else %}
        held as (
            select basket_index, item_code, 1 as times
            from contents
            where is_paired and until_at is null
        ),
    {% endif %}

    counted as (
        select
            one.item_code * cast(4294967296 as bigint) + other.item_code as pair_key,
            {{ "sum(one.times)" if is_incremental() else "count(*)" }} as pair_count
        from held as one
        inner join
            held as other
            on one.basket_index = other.basket_index
            and one.times = other.times
            and one.item_code < other.item_code
        group by pair_key
        having pair_count <> 0
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
