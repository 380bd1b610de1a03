-- One row per (user_id, item_id, candidate_source, reason_index): what one item of the
-- user adds to the score of a source that follows links from item to item.
-- contribution = log_lift of the rule, or weight * similarity of the neighbour.
{% set links = {
    "rules": "sig_rules",
    "sequential": "sig_sequential_rules",
    "item_knn": "sig_knn_neighbours",
    "content": "sig_content_neighbours",
    "embedding": "sig_embedding_neighbours",
} %}
{% set kept = {
    "rules": "leverage > 0 and rule_rank <= " ~ var("candidates_per_user"),
    "content": "neighbour_rank <= " ~ var("substitutes_per_item"),
    "embedding": "neighbour_rank <= " ~ var("substitutes_per_item"),
} %}
{% set sources = links | select("in", var("candidate_sources")) | list %}
{{ config(enabled=sources | length > 0) }}
with
    shown as (select * from {{ ref("why_shown") }}),
    user_items as (
        select *
        from {{ ref("int_user_items") }}
        where
            user_id in (
                select user_id
                from shown
                where candidate_source in ('{{ sources | join("', '") }}')
            )
    ),
    {% for source in sources %}
        {{ source }}_links as (select * from {{ ref(links[source]) }}),
    {% endfor %}

    links as (
        {% for source in sources %}
            {% set is_rule = source in ("rules", "sequential") %}
            select
                '{{ source }}' as candidate_source,
                '{{ "rule" if is_rule else "item" }}' as part,
                {{ "antecedent_index" if is_rule else "item_index" }} as item_index,
                {{ "consequent_index" if is_rule else "similar_item_index" }}
                as shown_index,
                {{ "log_lift" if is_rule else "similarity" }} as strength,
                {{ "pair_count" if is_rule else "cast(null as bigint)" }} as pair_count,
                {{ "lift" if is_rule else "cast(null as double)" }} as lift
            from {{ source }}_links
            {% if source in kept %} where {{ kept[source] }} {% endif %}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    recency as ({{ latest_first("user_items") }}),

    final as (
        select
            shown.user_id,
            shown.item_id,
            shown.candidate_source,
            links.part,
            recency.item_index as reason_index,
            case
                when links.part = 'rule'
                then links.strength
                else recency.weight * links.strength
            end as contribution,
            links.pair_count,
            links.lift,
            cast(null as varchar) as group_kind,
            cast(null as varchar) as group_name,
            cast(null as double) as user_share
        from shown
        inner join recency on shown.user_id = recency.user_id
        inner join
            links
            on shown.candidate_source = links.candidate_source
            and shown.item_index = links.shown_index
            and recency.item_index = links.item_index
        where
            shown.candidate_source = 'item_knn'
            or recency.recency_rank <= {{ var("latest_items") | int }}
    )

select *
from final
