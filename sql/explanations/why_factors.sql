-- One row per (user_id, item_id, candidate_source, reason_index): what one item of the
-- user adds to a score by factors; the explanation_items largest terms of each,
-- and one more, which says that there is a rest.
-- SVD: weight * (v_i . v_j). ALS: c_i * y_i' W y_j (Hu, Koren and Volinsky 2008, 5).
{% set cells = {
    "als": "cast(weight as float)",
    "svd": cell_weight(var("svd_weights")),
} %}
{% set sources = cells | select("in", var("candidate_sources")) | list %}
{{ config(enabled=sources | length > 0, meta={"blocks": "user_index"}) }}
with
    shown as (select * from {{ ref("why_shown") }} where {{ in_block("user_index") }}),
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),
    item_factors as (select * from {{ ref("sig_item_factors") }}),

    {% for source in sources %}
        {{ source }}_found as (
            select
                unnest(
                    factor_terms(
                        list(user_index),
                        list(item_index),
                        list({{ cells[source] }}),
                        (
                            select list(factors order by item_index)
                            from item_factors
                            where model_name = '{{ source }}'
                        ),
                        {{ "null" if source == "svd" else als_parameters() }},
                        {{ pairs_of("shown", source) }},
                        {{ var("explanation_items") | int + 1 }}
                    ),
                    recursive := true
                )
            from user_items
            where
                is_eligible
                and weight <> 0
                and user_index in (
                    select user_index from shown where candidate_source = '{{ source }}'
                )
        ),

        {{ source }}_terms as (
            select user_index, item_index, reason_index, contribution
            from {{ source }}_found
        ),
    {% endfor %}

    final as ({{ named_terms(sources) }})

select *
from final
