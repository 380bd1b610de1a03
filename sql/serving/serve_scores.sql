-- One row per (user_id, item_id) that a source proposes: the learned ranker's score,
-- from all that is known of the pair.
{{ config(enabled=var("serving") and uses_ranker() == "yes") }}
with
    scores as (select * from {{ ref("rank_scores") }}),

    final as (select user_id, item_id, score from scores)

select *
from final
