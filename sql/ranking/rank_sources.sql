-- One row per (user_index, item_index): what every candidate source says of a pair.
-- Null where the source does not have the pair among its best.
{{ config(enabled=uses_ranker("sources") == "yes") }}
with
    pairs as (select * from {{ ref("rank_pairs") }}),
    candidates as (select * from {{ ref("cand_all") }}),

    final as (
        select
            pairs.user_index,
            pairs.item_index,
            {% for source in var("candidate_sources") %}
                max(
                    case
                        when candidates.candidate_source = '{{ source }}'
                        then candidates.score
                    end
                ) as {{ source }}_score,
                max(
                    case
                        when candidates.candidate_source = '{{ source }}'
                        then candidates.kind_rank
                    end
                ) as {{ source }}_rank,
            {% endfor %}
            count(*) as source_count
        from pairs
        inner join
            candidates
            on pairs.user_id = candidates.user_id
            and pairs.item_id = candidates.item_id
        group by pairs.user_index, pairs.item_index
    )

select *
from final
