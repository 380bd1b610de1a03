-- One row per (user_id, item_id): the candidates of all sources in the order of the
-- learned ranker.
-- score = sum of the trees of the newest ranker, LightGBM's LambdaMART: Burges 2010.
-- Users are scored some hundred at a time, as the model's text is sent with each call.
{{ config(enabled=uses_ranker() == "yes", meta={"blocks": "user_index"}) }}
with
    pairs as (select * from {{ ref("rank_pairs") }} where {{ in_block("user_index") }}),
    features as (
        select * from {{ ref("rank_features") }} where {{ in_block("user_index") }}
    ),
    ranker as (select * from {{ ref("stg_rankers") }}),

    found as (
        select
            unnest(
                rank_score(
                    (select booster from ranker),
                    [
                        {% for theme in var("ranker_themes") %}
                            {% for feature in ranker_features(theme).split() %}
                                '{{ feature }}',
                            {% endfor %}
                        {% endfor %}
                    ],
                    list(user_index),
                    list(item_index),
                    list(
                        [
                            {% for theme in var("ranker_themes") %}
                                {% for feature in ranker_features(theme).split() %}
                                    {{ feature }},
                                {% endfor %}
                            {% endfor %}
                        ]
                    )
                ),
                recursive := true
            )
        from features
        group by floor(user_index / 500)
    ),

    called as (select user_index, item_index, score from found),

    scored as (
        select
            pairs.user_id,
            pairs.item_id,
            pairs.item_index,
            pairs.lead_source,
            called.score,
            pairs.is_repeat,
            pairs.reason_item_id
        from called
        inner join
            pairs
            on called.user_index = pairs.user_index
            and called.item_index = pairs.item_index
    ),

    final as (
        select
            user_id,
            item_id,
            item_index,
            'ranker' as candidate_source,
            lead_source,
            score,
            is_repeat,
            reason_item_id,
            row_number() over (
                partition by user_id, is_repeat order by score desc, item_index
            ) as kind_rank,
            row_number() over (
                partition by user_id order by score desc, item_index
            ) as item_rank
        from scored
    )

select *
from final
