-- One row per (user_id, candidate_source, item_id, repeat_means): what surfaces choose
-- from: candidates, and all of them in the order of the ranker.
-- is_repeat and kind_rank by var repeat_means; where surfaces mean another thing by
-- repeats, once more by that.
{{ config(materialized="view") }}
{% set other = "seen" if var("repeat_means") == "taken" else "taken" %}
{% set pair %} user_id, item_id, candidate_source {% endset %}
with
    candidates as (select * from {{ ref("cand_all") }}),
    {% if own_repeats() == "yes" %}
        user_items as (select * from {{ ref("int_user_items") }}),
    {% endif %}
    {% if surfaces_use(["strategy"], "ranker") == "yes" %}
        scores as (select * from {{ ref("rank_scores") }}),
    {% endif %}

    united as (
        select
            {{ pair }},
            candidate_source as lead_source,
            score,
            is_repeat,
            reason_item_id,
            kind_rank,
            item_rank
        from candidates
        {% if surfaces_use(["strategy"], "ranker") == "yes" %}
            union all
            select
                {{ pair }},
                lead_source,
                score,
                is_repeat,
                reason_item_id,
                kind_rank,
                item_rank
            from scores
        {% endif %}
    ),

    {% if own_repeats() == "yes" %}
        otherwise as (
            select united.*, {{ is_repeat("user_items", other) }} as is_other_repeat
            from united
            left join
                user_items
                on united.user_id = user_items.user_id
                and united.item_id = user_items.item_id
        ),
    {% endif %}

    final as (
        select *, '{{ var("repeat_means") }}' as repeat_means
        from united
        {% if own_repeats() == "yes" %}
            union all
            select
                {{ pair }},
                lead_source,
                score,
                is_other_repeat,
                reason_item_id,
                row_number() over (
                    partition by user_id, candidate_source, is_other_repeat
                    order by item_rank
                ),
                item_rank,
                '{{ other }}'
            from otherwise
        {% endif %}
    )

select *
from final
