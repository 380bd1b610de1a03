-- One row per (user_id, item_id, candidate_source, reason_index): what one item of the
-- user adds to a score by item weights; the explanation_items largest terms of each,
-- and one more, which says that there is a rest.
-- contribution = the user's weight of the one item * its weight for the other.
{% set cells = {
    "ease": cell_weight(var("ease_weights")),
    "graph_filter": cell_weight(var("graph_filter_weights")),
    "sar": cell_weight("decayed"),
} %}
{% set sources = cells | select("in", var("candidate_sources")) | list %}
{{ config(enabled=sources | length > 0) }}
with
    shown as (select * from {{ ref("why_shown") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    {% for source in sources %}
        {{ source }}_weights as (select * from {{ ref("sig_" ~ source ~ "_weights") }}),
    {% endfor %}

    {% for source in sources %}
        {{ source }}_found as (
            select
                unnest(
                    linear_terms(
                        list(user_index),
                        list(item_index),
                        list({{ cells[source] }}),
                        (
                            select list(item_weights order by item_index)
                            from {{ source }}_weights
                        ),
                        {{ shown_pairs(source) }},
                        {{ var("explanation_items") | int + 1 }}
                    ),
                    recursive := true
                )
            from user_items
            where
                is_eligible
                and item_index < {{ var(source ~ "_max_items") | int }}
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
