-- One row per (fold, list_name, allow_repeat, user_id, k, metric): var eval_metrics, in
-- rows. What no model below has is a metric of your own: model eval_metric_<its name>.
{{ config(enabled=var("as_of") is not none, materialized="view") }}
{% set absent = (
    [] if "content" in var("candidate_sources") else ["content_diversity"]
) + ([] if measures_ratings() == "yes" else ["rmse", "mae"]) %}
{% set models = {
    "eval_user_metrics": "precision recall f1 f_beta hit_rate r_precision map map_n "
    ~ "map_k mrr ndcg ndcg_n rbp weighted_recall serendipity",
    "eval_graded_ndcg": "graded_ndcg exponential_ndcg",
    "eval_auc": "auc partial_auc",
    "eval_popularity_recall": "recall_of_popular recall_of_middle recall_of_rare",
    "eval_list_metrics": "list_fullness popularity novelty inverse_user_frequency "
    ~ "repeat_share new_item_share",
    "eval_tail_metrics": "aplt aclt",
    "eval_category_diversity": "category_diversity",
    "eval_content_diversity": "content_diversity",
    "eval_calibration": "unexpectedness calibration",
    "eval_rating_errors": "rmse mae",
    "": "catalogue_coverage user_coverage gini entropy personalization pop_reo",
} %}
{% set columns = {
    "map": "average_precision",
    "map_n": "average_precision_n",
    "map_k": "average_precision_k",
    "mrr": "reciprocal_rank",
} %}
{% set found = namespace(figures=[], known=[]) %}
{% for model, names in models.items() %}
    {% set found.known = found.known + names.split() %}
    {% for name in names.split() if model and name not in absent %}
        {% if name in var("eval_metrics") %}
            {% set figure = (name, model, columns.get(name, name)) %}
            {% set found.figures = found.figures + [figure] %}
        {% endif %}
    {% endfor %}
{% endfor %}
{% for name in var("eval_metrics") if name not in found.known %}
    {% set found.figures = found.figures + [(name, "eval_metric_" ~ name, "figure")] %}
{% endfor %}
with
    {% for metric, model, column in found.figures %}
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
        {% for metric, model, column in found.figures %}
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
