-- One row per sampled item and what goes with it, 10 at most. Read by `recsql report`.
with
    sampled as ({{ sampled_items() }}),

    complements as (select * from {{ ref("rec_complements") }}),

    final as (
        select
            sampled.item_text as item_id,
            complements.item_rank,
            {{ id_text("complements.related_item_id") }} as other_id,
            left(complements.related_title, 120) as other_title,
            left(complements.related_category, 80) as other_category,
            complements.pair_count,
            complements.confidence,
            complements.lift,
            complements.rule_pass
        from complements
        inner join sampled on complements.item_id = sampled.item_id
        where complements.region = 'all' and complements.item_rank <= 10
    )

select *
from final
order by item_id, item_rank
