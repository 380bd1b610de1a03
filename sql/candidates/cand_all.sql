-- One row per (user_id, candidate_source, item_id): every source of var
-- candidate_sources.
{{ config(materialized="view") }}
with
    {% for source in var("candidate_sources") %}
        {{ source }}_candidates as (select * from {{ ref("cand_" ~ source) }}),
    {% endfor %}

    final as (
        {% for source in var("candidate_sources") %}
            select
                user_id,
                item_id,
                candidate_source,
                score,
                is_repeat,
                reason_item_id,
                kind_rank,
                item_rank
            from {{ source }}_candidates
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
