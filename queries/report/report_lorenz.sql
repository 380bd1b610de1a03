-- One row per curve and percent of the catalogue: the share of all places that these
-- items,
-- the least shown ones first, have on a surface; and among what users take.
-- Lorenz 1905. Read by `recsql report`.
with
    lists as (select * from {{ ref("rec_for_user") }}),
    items as (select * from {{ ref("int_items") }}),

    catalogue as (select * from items where is_eligible or is_new),

    surfaces as (select distinct surface from lists),

    counted as (
        select surface, item_id, count(*) as row_count
        from lists
        group by surface, item_id
    ),

    amounts as (
        select
            concat('surface ', surfaces.surface) as curve,
            catalogue.item_id,
            coalesce(counted.row_count, 0) as amount
        from surfaces
        cross join catalogue
        left join
            counted
            on surfaces.surface = counted.surface
            and catalogue.item_id = counted.item_id
        union all
        select 'what users take', item_id, user_count
        from catalogue
    ),

    summed as (
        select
            curve,
            row_number() over (partition by curve order by amount, item_id) as place,
            count(*) over (partition by curve) as item_count,
            {{
                ratio(
                    "sum(amount) over (partition by curve order by amount, item_id)",
                    "sum(amount) over (partition by curve)",
                )
            }} as amount_share
        from amounts
    ),

    final as (
        select
            curve,
            cast(100 * place / item_count as integer) as item_percent,
            max(amount_share) as amount_share
        from summed
        group by curve, cast(100 * place / item_count as integer)
        union all
        select distinct curve, -1, 0
        from summed
    )

select
    curve, greatest(item_percent, 0) as item_percent, max(amount_share) as amount_share
from final
group by curve, greatest(item_percent, 0)
order by curve, item_percent
