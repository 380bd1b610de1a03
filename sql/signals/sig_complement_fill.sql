-- One row per (antecedent_index, list_rank): a popular item where rules leave room.
-- The popular list without the item itself and what its rules hold, cut into the gaps
-- between those: within a gap list_rank is popularity_rank and a constant.
{{ config(materialized="view") }}
{% set wanted = var("complements_per_item") | int %}
with
    items as (select * from {{ ref("int_items") }}),
    rules as (select * from {{ ref("sig_rules") }}),
    popularity as (select * from {{ ref("sig_popularity") }}),

    chosen as (
        select antecedent_index, consequent_index
        from rules
        where leverage > 0 and rule_rank <= {{ wanted }}
    ),

    counted as (
        select antecedent_index, count(*) as rule_count
        from chosen
        group by antecedent_index
    ),

    skipped as (
        select item_index as antecedent_index, 0 as popularity_rank
        from items
        union all
        select item_index, popularity_rank
        from popularity
        union all
        select chosen.antecedent_index, popularity.popularity_rank
        from chosen
        inner join popularity on chosen.consequent_index = popularity.item_index
    ),

    gaps as (
        select
            antecedent_index,
            popularity_rank + 1 as first_rank,
            lead(popularity_rank, 1, {{ wanted + 2 }}) over (
                partition by antecedent_index order by popularity_rank
            ) as end_rank,
            row_number() over (
                partition by antecedent_index order by popularity_rank
            ) as gap_number
        from skipped
        where popularity_rank <= {{ wanted + 1 }}
    ),

    opened as (
        select
            gaps.antecedent_index,
            unnest(range(gaps.first_rank, gaps.end_rank)) as popularity_rank,
            coalesce(counted.rule_count, 0) - (gaps.gap_number - 1) as shift
        from gaps
        left join counted on gaps.antecedent_index = counted.antecedent_index
    ),

    final as (
        select
            opened.antecedent_index,
            popularity.item_index as consequent_index,
            opened.popularity_rank + opened.shift as list_rank
        from opened
        inner join popularity on opened.popularity_rank = popularity.popularity_rank
        where opened.popularity_rank + opened.shift <= {{ wanted }}
    )

select *
from final
