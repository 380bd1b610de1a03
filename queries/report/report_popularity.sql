-- One row per surface and part of the catalogue: what popular and what rare items fill.
-- Items in the order of their users make up three thirds of all pairs of user and
-- item, as
-- for metric recall_of_popular. Read by `recsql report`.
with
    lists as (select * from {{ ref("rec_for_user") }}),
    items as (select * from {{ ref("int_items") }}),

    placed as (
        select
            item_id,
            user_count,
            sum(user_count) over (order by item_index) - user_count as pairs_before,
            sum(user_count) over () as pair_count
        from items
        where is_eligible or is_new
    ),

    parted as (
        select
            item_id,
            user_count,
            pair_count,
            case
                when 3 * pairs_before < pair_count
                then 1
                when 3 * pairs_before < 2 * pair_count
                then 2
                else 3
            end as part
        from placed
    ),

    catalogue as (
        select
            part,
            count(*) as item_count,
            {{ ratio("count(*)", "sum(count(*)) over ()") }} as item_share,
            {{ ratio("sum(user_count)", "max(pair_count)") }} as pair_share
        from parted
        group by part
    ),

    shown as (
        select
            lists.surface,
            parted.part,
            count(*) as row_count,
            {{ ratio("count(*)", "sum(count(*)) over (partition by lists.surface)") }}
            as row_share
        from lists
        inner join parted on lists.item_id = parted.item_id
        group by lists.surface, parted.part
    ),

    surfaces as (select distinct surface from lists),

    final as (
        select
            surfaces.surface,
            catalogue.part,
            case
                catalogue.part when 1 then 'popular' when 2 then 'middle' else 'rare'
            end as part_name,
            catalogue.item_count,
            catalogue.item_share,
            catalogue.pair_share,
            coalesce(shown.row_count, 0) as row_count,
            coalesce(shown.row_share, 0) as row_share
        from surfaces
        cross join catalogue
        left join
            shown on surfaces.surface = shown.surface and catalogue.part = shown.part
    )

select *
from final
order by surface, part
