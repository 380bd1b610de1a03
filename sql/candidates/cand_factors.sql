-- One row per (user_id, candidate_source, item_id): items whose factors point the
-- user's way, by each factor model.
-- score = inner product: new items by one call over the catalogue, known by a join.
{% set sources = factor_sources().split() %}
{{ config(enabled=sources | length > 0, meta={"blocks": "user_index"}) }}
with
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),
    user_factors as (
        select * from {{ ref("sig_user_factors") }} where {{ in_block("user_index") }}
    ),
    item_factors as (select * from {{ ref("sig_item_factors") }}),
    {% if "feature_als" in sources %}
        features as (select * from {{ ref("sig_user_features") }}),
    {% endif %}
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (
        select * from {{ ref("elig_user_scopes") }} where {{ in_block("user_index") }}
    ),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (
        select * from {{ ref("elig_exclusions") }} where {{ in_block("user_index") }}
    ),

    known as (
        select
            item_factors.model_name as candidate_source,
            user_items.user_index,
            user_items.item_index
        from user_items
        inner join item_factors on user_items.item_index = item_factors.item_index
    ),

    {% for source in sources %}
        {{ source }}_new as (
            select
                unnest(
                    top_items(
                        list(user_index order by user_index),
                        list(factors order by user_index),
                        (
                            select list(factors order by item_index)
                            from item_factors
                            where model_name = '{{ source }}'
                        ),
                        {{ pairs_of("known", source) }},
                        {{ eligibility() }},
                        {{ var("candidates_per_user") | int }}
                    ),
                    recursive := true
                )
            from user_factors
            where
                model_name = '{{ source }}'
                and (
                    user_index in (select user_index from user_items where is_eligible)
                    {% if source == "feature_als" %}
                        or user_index in (select user_index from features)
                    {% endif %}
                )
        ),
    {% endfor %}

    indexed as (
        {% for source in sources %}
            select
                '{{ source }}' as candidate_source,
                user_index,
                item_index,
                score,
                cast(null as integer) as reason_index
            from {{ source }}_new
            union all
        {% endfor %}
        select
            known.candidate_source,
            known.user_index,
            known.item_index,
            list_inner_product(
                cast(user_factors.factors as double[]),
                cast(item_factors.factors as double[])
            ),
            known.item_index
        from known
        inner join
            user_factors
            on known.candidate_source = user_factors.model_name
            and known.user_index = user_factors.user_index
        inner join
            item_factors
            on known.candidate_source = item_factors.model_name
            and known.item_index = item_factors.item_index
    ),

    scored as ({{ with_ids("indexed", of_family=true) }}),

    final as ({{ best_candidates("scored") }})

select *
from final
