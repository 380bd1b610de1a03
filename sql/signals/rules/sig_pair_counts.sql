-- One row per (pair_key, counted_at): baskets with both items as of a refresh; with
-- rule_decay_days per decay_block, too. pair_key = smaller item_code * 2^32 + larger.
-- A refresh adds pairs that changed: what was counted last, less the pairs of touched
-- baskets as they were then, plus their pairs now. The latest row of a key holds.
{{ config(materialized=incremental_materialization(), incremental_strategy="append") }}
{% set counted_last = last_refresh(this, "counted_at") %}
{% set decayed = var("rule_decay_days") is not none %}
{% set key = "pair_key, decay_block" if decayed else "pair_key" %}
with
    contents as (select * from {{ ref("int_basket_contents") }}),

    latest as (
        select max(coalesce(until_at, since_at)) as counted_at
        from {{ ref("int_basket_contents") }}
    ),

    versions as (
        select
            {% if decayed %}
                {{ decay_block("basket_at") }} as decay_block,
                {{ block_weight("basket_at") }} as basket_weight,
            {% endif %}
            contents.*
        from contents
        where
            is_paired
            {% if is_incremental() %}
                and basket_index in (
                    select basket_index
                    from {{ ref("int_basket_contents") }}
                    where coalesce(until_at, since_at) > {{ counted_last }}
                )
            {% endif %}
    ),

    held as (
        select *, 1 as times
        from versions
        where until_at is null
        {% if is_incremental() %}
            union all
            select *, -1 as times
            from versions
            where
                since_at <= {{ counted_last }}
                and coalesce(until_at > {{ counted_last }}, true)
        {% endif %}
    ),

    counted as (
        select
            one.item_code * cast(4294967296 as bigint) + other.item_code as pair_key,
            {% if decayed %}
                one.decay_block, sum(one.times * one.basket_weight) as pair_weight,
            {% endif %}
            {{ "sum(one.times)" if is_incremental() else "count(*)" }} as pair_count
        from held as one
        inner join
            held as other
            on one.basket_index = other.basket_index
            and one.times = other.times
            and one.item_code < other.item_code
        group by pair_key {% if decayed %}, one.decay_block {% endif %}
        having pair_count <> 0 {% if decayed %} or pair_weight <> 0 {% endif %}
    ),

    {% if is_incremental() %}
        known as (
            select
                {% if decayed %}
                    arg_max(pair_weight, counted_at) as pair_weight,
                {% endif %}
                {{ key }},
                arg_max(pair_count, counted_at) as pair_count
            from {{ this }}
            where pair_key in (select pair_key from counted)
            group by {{ key }}
        ),
    {% endif %}

    final as (
        select
            {{ key }},
            {% if decayed %}
                {{ "coalesce(known.pair_weight, 0) +" if is_incremental() }}
                counted.pair_weight as pair_weight,
            {% endif %}
            cast(
                {{ "coalesce(known.pair_count, 0) +" if is_incremental() }}
                counted.pair_count as integer
            ) as pair_count,
            latest.counted_at
        from counted
        cross join latest
        {% if is_incremental() %} left join known using ({{ key }}) {% endif %}
    )

select *
from final
