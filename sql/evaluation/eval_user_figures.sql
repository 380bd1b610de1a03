-- One row per (fold, list_name, allow_repeat, user_id, k, metric): var eval_metrics, in
-- rows.
{{ config(enabled=var("as_of") is not none, materialized="view") }}
{% set absent = (
    [] if "content" in var("candidate_sources") else ["content_diversity"]
) + ([] if measures_ratings() == "yes" else ["rmse", "mae"]) %}
{% set figures = (
    [
        ("precision", "eval_user_metrics", "precision"),
        ("recall", "eval_user_metrics", "recall"),
        ("f1", "eval_user_metrics", "f1"),
        ("hit_rate", "eval_user_metrics", "hit_rate"),
        ("r_precision", "eval_user_metrics", "r_precision"),
        ("map", "eval_user_metrics", "average_precision"),
        ("mrr", "eval_user_metrics", "reciprocal_rank"),
        ("ndcg", "eval_user_metrics", "ndcg"),
        ("graded_ndcg", "eval_graded_ndcg", "graded_ndcg"),
        ("weighted_recall", "eval_user_metrics", "weighted_recall"),
        ("serendipity", "eval_user_metrics", "serendipity"),
        ("auc", "eval_auc", "auc"),
        ("recall_of_popular", "eval_popularity_recall", "recall_of_popular"),
        ("recall_of_middle", "eval_popularity_recall", "recall_of_middle"),
        ("recall_of_rare", "eval_popularity_recall", "recall_of_rare"),
        ("list_fullness", "eval_list_metrics", "list_fullness"),
        ("popularity", "eval_list_metrics", "popularity"),
        ("novelty", "eval_list_metrics", "novelty"),
        (
            "inverse_user_frequency",
            "eval_list_metrics",
            "inverse_user_frequency",
        ),
        ("repeat_share", "eval_list_metrics", "repeat_share"),
        ("new_item_share", "eval_list_metrics", "new_item_share"),
        (
            "category_diversity",
            "eval_category_diversity",
            "category_diversity",
        ),
        ("content_diversity", "eval_content_diversity", "content_diversity"),
        ("unexpectedness", "eval_calibration", "unexpectedness"),
        ("calibration", "eval_calibration", "calibration"),
        ("rmse", "eval_rating_errors", "rmse"),
        ("mae", "eval_rating_errors", "mae"),
    ]
    | selectattr(0, "in", var("eval_metrics"))
    | rejectattr(0, "in", absent)
    | list
) %}
with
    {% for metric, model, column in figures %}
        {{ metric }}_figures as (
            select
                list_name,
                allow_repeat,
                user_id,
                k,
                '{{ metric }}' as metric,
                {{ column }} as figure
            from {{ ref(model) }}
            where {{ column }} is not null
        ),
    {% endfor %}

    final as (
        {% for metric, model, column in figures %}
            select
                {{ var("eval_run")["fold"] or 0 }} as fold,
                list_name,
                allow_repeat,
                user_id,
                k,
                metric,
                figure
            from {{ metric }}_figures
            {% if not loop.last %}
                union all
            {% endif %}
        {% else %}
            select
                1 as fold,
                list_name,
                allow_repeat,
                user_id,
                item_rank as k,
                'none' as metric,
                cast(null as double) as figure
            from {{ ref("eval_lists") }}
            where false
        {% endfor %}
    )

select *
from final
