-- One row per basket (is_order: something was taken) or session: whose, when, where.
-- basket_index: from 0, by basket_id in a first build, then as baskets come.
{{
    config(
        materialized=incremental_materialization(),
        incremental_strategy="delete+insert",
        unique_key="basket_id",
        post_hook=delete_removals(),
    )
}}
with
    owners as (select * from {{ ref("int_owners") }}),
    latest as (select max(changed_at) as refreshed_at from owners),
    {% if is_incremental() %}
        changed as ({{ changed_owners("owners", this) }}),
        -- what these owners have and had; of a shared basket any owner may be gone
        touched as (
            select basket_id
            from {{ ref("int_events") }}
            where owner_key in (select owner_key from changed)
            union
            select basket_id
            from {{ this }}
            where is_shared or owner_key in (select owner_key from changed)
        ),

        shared as (
            select basket_id
            from {{ this }}
            where
                basket_id in (select basket_id from touched)
                and (is_shared or owner_key not in (select owner_key from changed))
        ),
    {% endif %}
    events as (
        select *
        from {{ ref("int_events") }}
        {% if is_incremental() %}
            where owner_key in (select owner_key from changed)
            union all
            select *
            from {{ ref("int_events") }}
            where
                basket_id in (select basket_id from shared)
                and owner_key not in (select owner_key from changed)
        {% endif %}
    ),

    grouped as (
        select
            basket_id,
            min(user_id) as user_id,
            coalesce(min(event_at) filter (where is_taken), min(event_at)) as basket_at,
            coalesce(min(region) filter (where is_taken), min(region)) as region,
            count(*) filter (where is_taken) as line_count,
            count(distinct item_id) filter (where is_taken) as item_count,
            min(owner_key) as owner_key,
            min(owner_key) <> max(owner_key) as is_shared
        from events
        group by basket_id
    ),

    numbered as (
        {% if is_incremental() %}
            select
                grouped.*,
                coalesce(
                    known.basket_index,
                    row_number() over (
                        partition by known.basket_index is null
                        order by grouped.basket_id
                    )
                    + (select coalesce(max(basket_index), -1) from {{ this }})
                ) as basket_number
            from grouped
            left join {{ this }} as known on grouped.basket_id = known.basket_id
        {% else %}
            select *, row_number() over (order by basket_id) - 1 as basket_number
            from grouped
        {% endif %}
    ),

    final as (
        select
            basket_id,
            user_id,
            basket_at,
            region,
            line_count,
            item_count,
            line_count > 0 as is_order,
            cast(basket_number as integer) as basket_index,
            owner_key,
            is_shared,
            refreshed_at
            {{ rows_and_removals("numbered", "latest", "basket_id", "touched") }}
    )

select *
from final
