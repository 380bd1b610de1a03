-- One row per (basket_index, item_code, is_paired, basket_at, since_at): what a basket
-- holds now, or held until a refresh. An item is in a basket once; only what was taken
-- is in it.
-- is_paired: not in baskets of more than max_basket_items (see mon_giant_baskets).
{{
    config(
        materialized=incremental_materialization(),
        incremental_strategy="delete+insert",
        unique_key="basket_index",
    )
}}
{% set cap = var("max_basket_items") %}
with
    owners as (select * from {{ ref("int_owners") }}),
    events as (select * from {{ ref("int_events") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    codes as (select * from {{ ref("int_item_codes") }}),
    latest as (select max(changed_at) as refreshed_at from owners),
    {% if is_incremental() %}
        touched as (
            select basket_index
            from baskets
            where
                refreshed_at > {{ last_refresh(this, "coalesce(until_at, since_at)") }}
            union
            select basket_index
            from {{ this }}
            where
                until_at is null
                and basket_index not in (select basket_index from baskets)
        ),

        before as (
            select *
            from {{ this }}
            where basket_index in (select basket_index from touched)
        ),

        current as (select * from before where until_at is null),
    {% endif %}

    held as (
        select
            baskets.basket_index,
            codes.item_code,
            {{ "true" if cap is none else "baskets.item_count <= " ~ (cap | int) }}
            as is_paired,
            baskets.basket_at
        from events
        inner join baskets on events.basket_id = baskets.basket_id
        inner join codes on events.item_id = codes.item_id
        where
            events.is_taken
            {% if is_incremental() %}
                and baskets.basket_index in (select basket_index from touched)
            {% endif %}
        group by baskets.basket_index, codes.item_code, is_paired, baskets.basket_at
    ),

    final as (
        select basket_index, item_code, is_paired, basket_at,
        {% if is_incremental() %}
                coalesce(current.since_at, latest.refreshed_at) as since_at,
                case
                    when held.basket_index is null then latest.refreshed_at
                end as until_at
            from held
            full join current using (basket_index, item_code, is_paired, basket_at)
            cross join latest
            union all
            select basket_index, item_code, is_paired, basket_at, since_at, until_at
            from before
            where until_at is not null
        {% else %}
                latest.refreshed_at as since_at,
                cast(null as timestamp) as until_at
            from held
            cross join latest
            order by basket_index, item_code
        {% endif %}
    )

select *
from final
