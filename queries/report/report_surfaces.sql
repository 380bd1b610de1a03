-- One row per surface: how its published lists use the catalogue. Formulas as in seed
-- metric_definitions. Read by `recsql report`.
with
    lists as (select * from {{ ref("rec_for_user") }}),
    items as (select * from {{ ref("int_items") }}),

    catalogue as (select count(*) as item_count from items where is_eligible or is_new),

    counted as (
        select
            surface,
            item_id,
            count(*) as shown_count,
            -- from the most shown item down, so that those never shown come last
            row_number() over (
                partition by surface order by count(*) desc, item_id
            ) as place
        from lists
        group by surface, item_id
    ),

    used as (
        select
            surface,
            count(*) as item_count,
            cast(sum(shown_count) as double) as row_count,
            cast(sum(place * shown_count) as double) as place_sum
        from counted
        group by surface
    ),

    served as (
        select
            surface,
            count(distinct user_id) as user_count,
            max(item_rank) as list_length,
            count(distinct candidate_source) as source_count
        from lists
        group by surface
    ),

    final as (
        select
            used.surface,
            served.user_count,
            served.list_length,
            served.source_count,
            used.item_count,
            {{ ratio("used.item_count", "catalogue.item_count") }}
            as catalogue_coverage,
            1
            + {{
                ratio(
                    "1 - 2 * used.place_sum / used.row_count", "catalogue.item_count"
                )
            }} as gini
        from used
        inner join served on used.surface = served.surface
        cross join catalogue
    )

select *
from final
order by surface
