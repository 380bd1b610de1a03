-- One row per (user_id, item_id, candidate_source, reason_index): what one item of the
-- user adds to a score by item weights; the explanation_items largest terms of each,
-- and one more, which says that there is a rest.
-- contribution = the user's weight of the one item * its weight for the other.
{% set sources = linear_sources().split() %}
{{ config(enabled=sources | length > 0, meta={"blocks": "user_index"}) }}
with
    shown as (select * from {{ ref("why_shown") }} where {{ in_block("user_index") }}),
    everyone as (select * from {{ ref("int_user_items") }}),
    user_items as (select * from everyone where {{ in_block("user_index") }}),
    item_weights as (select * from {{ ref("sig_linear_weights") }}),

    {% for source in sources %}
        {{ source }}_found as (
            select
                unnest(
                    {{ linear_kind(source) }}_terms(
                        list(user_index),
                        list(item_index),
                        list({{ cell_weight(var(source ~ "_weights")) }}),
                        {% if linear_kind(source) != "linear" %}
                            ({{ everyones_cells(source, "everyone") }}),
                        {% endif %}
                        {{ linear_weights(source, "item_weights") }},
                        {% if linear_kind(source) != "linear" %}
                            {{ graph_settings(source) }},
                        {% endif %}
                        {{ pairs_of("shown", source) }},
                        {{ var("explanation_items") | int + 1 }}
                    ),
                    recursive := true
                )
            from user_items
            where {{ linear_cells(source, "item_weights") }}
        ),

        {{ source }}_terms as (
            select user_index, item_index, reason_index, contribution
            from {{ source }}_found
        ),
    {% endfor %}

    final as ({{ named_terms(sources) }})

select *
from final
