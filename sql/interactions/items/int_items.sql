-- One row per item that has events or is in the catalogue, numbered from the most
-- popular.
-- item_index counts from 0: eligible items, then new ones, each by users and baskets.
with
    counted as (select * from {{ ref("int_item_counts") }}),
    catalogue as (select * from {{ ref("stg_items") }}),
    recent as (select * from {{ ref("int_recent_items") }}),

    described as (
        select
            coalesce(counted.item_id, catalogue.item_id) as item_id,
            coalesce(
                catalogue.title,
                cast(coalesce(counted.item_id, catalogue.item_id) as varchar)
            ) as title,
            catalogue.category,
            catalogue.item_text,
            catalogue.available_from,
            catalogue.available_to,
            catalogue.variant,
            catalogue.item_text is not null
            or coalesce(catalogue.has_embedding, false) as is_described,
            counted.item_code,
            coalesce(counted.event_count, 0) as event_count,
            coalesce(counted.taken_count, 0) as taken_count,
            coalesce(counted.basket_count, 0) as basket_count,
            coalesce(counted.visit_count, 0) as visit_count,
            coalesce(counted.user_count, 0) as user_count,
            counted.first_at,
            counted.last_at,
            coalesce(counted.visit_count, 0)
            >= {{ var("min_item_baskets") | int }} as is_eligible,
            recent.item_id is not null as is_recent
        from counted
        full join catalogue on counted.item_id = catalogue.item_id
        left join
            recent on coalesce(counted.item_id, catalogue.item_id) = recent.item_id
    ),

    marked as (
        select
            *,
            not is_eligible
            and is_described
            and (
                is_recent
                or coalesce(available_from, first_at) is null
                and {{ var("undated_items_are_new") }}
            ) as is_new
        from described
    ),

    final as (
        select
            item_id,
            title,
            category,
            item_text,
            available_from,
            available_to,
            variant,
            first_at,
            last_at,
            event_count,
            taken_count,
            basket_count,
            visit_count,
            user_count,
            is_eligible,
            is_new,
            cast(
                row_number() over (
                    order by
                        is_eligible desc,
                        is_new desc,
                        user_count desc,
                        basket_count desc,
                        visit_count desc,
                        item_id
                )
                - 1 as integer
            ) as item_index,
            item_code
        from marked
    )

select *
from final
