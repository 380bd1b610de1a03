-- One row per (user_id, candidate_source, item_id): what follows from all the user
-- took,
-- by each source that weighs items against items.
-- score = sum over the user's items of weight * item weight (EASE, EDLAE: Steck 2019
-- and
-- 2020; graph_filter: GF-CF, Shen et al. 2021; BSPM: Choi et al. 2023; SAR; RP3beta:
-- Paudel et al. 2016). The largest term's item is the reason; BSPM names none.
{% set sources = linear_sources().split() %}
{{ config(enabled=sources | length > 0, meta={"blocks": "user_index"}) }}
with
    everyone as (select * from {{ ref("int_user_items") }}),
    user_items as (select * from everyone where {{ in_block("user_index") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (
        select * from {{ ref("elig_user_scopes") }} where {{ in_block("user_index") }}
    ),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (
        select * from {{ ref("elig_exclusions") }} where {{ in_block("user_index") }}
    ),
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
                        {% if linear_kind(source) != "linear" %}
                            ({{ everyones_cells(source, "everyone") }}),
                        {% endif %}
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
    {% endfor %}

    indexed as (
        {% for source in sources %}
            select
                '{{ source }}' as candidate_source,
                user_index,
                item_index,
                score,
                reason_index
            from {{ source }}_found
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    scored as ({{ with_ids("indexed", of_family=true) }}),

    final as ({{ best_candidates("scored") }})

select *
from final
