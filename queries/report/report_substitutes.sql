-- One row per sampled item and what can replace it, 10 at most. Read by `recsql
-- report`.
{{ config(enabled="content" in var("candidate_sources")) }}
with
    sampled as ({{ sampled_items() }}),

    substitutes as (select * from {{ ref("rec_substitutes") }}),

    final as (
        select
            sampled.item_text as item_id,
            substitutes.item_rank,
            {{ id_text("substitutes.related_item_id") }} as other_id,
            left(substitutes.related_title, 120) as other_title,
            left(substitutes.related_category, 80) as other_category,
            substitutes.similarity,
            left(substitutes.shared_terms, 120) as shared_terms
        from substitutes
        inner join sampled on substitutes.item_id = sampled.item_id
        where substitutes.region = 'all' and substitutes.item_rank <= 10
    )

select *
from final
order by item_id, item_rank
