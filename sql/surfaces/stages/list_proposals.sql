-- One row per (user_id, candidate_source, item_id): what sources propose, and the
-- ranker where a surface wants it.
{{ config(materialized="view") }}
with
    candidates as (select * from {{ ref("cand_all") }}),
    {% if surfaces_use(["strategy"], "ranker") == "yes" %}
        ranked as (select * from {{ ref("rank_scores") }}),
    {% endif %}

    final as (
        select *, candidate_source as lead_source
        from candidates
        {% if surfaces_use(["strategy"], "ranker") == "yes" %}
            union all
            select
                user_id,
                item_id,
                candidate_source,
                score,
                is_repeat,
                reason_item_id,
                kind_rank,
                item_rank,
                lead_source
            from ranked
        {% endif %}
    )

select *
from final
