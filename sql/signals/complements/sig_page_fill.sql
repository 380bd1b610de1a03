-- One row per (region, antecedent_index, list_rank): popular items where rules leave
-- room on the page of an item, for all and in the regions that sell it.
-- What is popular there, without the item itself and what its rules hold, is cut into
-- gaps: within a gap list_rank is popularity_rank and a constant.
{{ config(materialized="view") }}
{% set wanted = var("item_page_length") | int %}
with
    items as (select * from {{ ref("int_items") }}),
    region_items as (select * from {{ ref("elig_region_items") }}),
    rules as (select * from {{ ref("sig_complement_rules") }}),
    popularity as (select * from {{ ref("sig_popularity") }}),

    pages as (
        select 'all' as region, item_index
        from items
        union all
        select region, item_index
        from region_items
        where region <> 'all'
    ),

    popular as (
        select
            region_items.region,
            region_items.item_index,
            row_number() over (
                partition by region_items.region order by popularity.popularity_rank
            ) as place
        from region_items
        inner join popularity on region_items.item_index = popularity.item_index
        where region_items.is_eligible
    ),

    counted as (
        select region, antecedent_index, count(*) as rule_count
        from rules
        group by region, antecedent_index
    ),

    skipped as (
        select region, item_index as antecedent_index, 0 as place
        from pages
        union all
        select region, item_index, place
        from popular
        union all
        select rules.region, rules.antecedent_index, popular.place
        from rules
        inner join
            pages
            on rules.region = pages.region
            and rules.antecedent_index = pages.item_index
        inner join
            popular
            on rules.region = popular.region
            and rules.consequent_index = popular.item_index
    ),

    gaps as (
        select
            region,
            antecedent_index,
            place + 1 as first_place,
            lead(place, 1, {{ wanted + 2 }}) over (
                partition by region, antecedent_index order by place
            ) as end_place,
            row_number() over (
                partition by region, antecedent_index order by place
            ) as gap_number
        from skipped
        where place <= {{ wanted + 1 }}
    ),

    opened as (
        select
            gaps.region,
            gaps.antecedent_index,
            unnest(range(gaps.first_place, gaps.end_place)) as place,
            coalesce(counted.rule_count, 0) - (gaps.gap_number - 1) as shift
        from gaps
        left join
            counted
            on gaps.region = counted.region
            and gaps.antecedent_index = counted.antecedent_index
    ),

    final as (
        select
            opened.region,
            opened.antecedent_index,
            popular.item_index as consequent_index,
            opened.place + opened.shift as list_rank
        from opened
        inner join
            popular on opened.region = popular.region and opened.place = popular.place
        where opened.place + opened.shift <= {{ wanted }}
    )

select *
from final
