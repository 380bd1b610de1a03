-- One row per (user_id, candidate_source, item_id): what follows from all the user
-- took,
-- by each source that weighs items against items.
-- score = sum over the user's items of weight * item weight (EASE, EDLAE: Steck 2019
-- and
-- 2020; graph_filter: GF-CF, Shen et al. 2021; BSPM: Choi et al. 2023; SAR; RP3beta:
-- Paudel et al. 2016). The largest term's item is the reason; BSPM names none.
{% set sources = linear_sources().split() %}
{{ config(enabled=sources | length > 0) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (select * from {{ ref("elig_exclusions") }}),
    item_weights as (select * from {{ ref("sig_linear_weights") }}),

    {% for source in sources %}
        {{ source }}_found as (
            select
                unnest(
                    {{ linear_kind(source) }}_top(
                        list(user_index),
                        list(item_index),
                        list({{ cell_weight(var(source ~ "_weights")) }}),
                        list({{ familiarity() }}),
                        {{ linear_weights(source, "item_weights") }},
                        {% if linear_kind(source) != "linear" %}
                            {{ graph_settings(source) }},
                        {% endif %}
                        {{ eligibility() }},
                        {{ var("candidates_per_user") | int }}
                    ),
                    recursive := true
                )
            from user_items
            where {{ linear_cells(source, "item_weights") }}
        ),

        {{ source }}_indexed as (
            select user_index, item_index, score, reason_index from {{ source }}_found
        ),

        {{ source }}_scored as ({{ with_ids(source ~ "_indexed") }}),

        {{ source }}_best as ({{ best_candidates(source ~ "_scored", source) }}),
    {% endfor %}

    final as (
        {% for source in sources %}
            select *
            from {{ source }}_best
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
