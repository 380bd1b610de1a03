-- One row per user and item that a source proposes: the ranker's score, by places from
-- 0. Kept in memory by the service.
{{ config(enabled=var("serving") and uses_ranker() == "yes") }}
with
    scores as (select * from {{ ref("serve_scores") }}),
    items as (select * from {{ ref("serve_items") }}),

    final as (
        select scores.user_id, items.popularity_rank - 1 as item_place, scores.score
        from scores
        inner join items on scores.item_id = items.item_id
    )

select *
from final
order by user_id, item_place
