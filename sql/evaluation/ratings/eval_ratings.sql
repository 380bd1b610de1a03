-- One row per (list_name, user_id, item_id) rated in the holdout: what was predicted.
-- Every rated pair counts, whatever the rating weighs; where nothing is known of the
-- user or the item, their bias is 0.
{{ config(enabled=measures_ratings() == "yes") }}
{% set models = var("rating_models") %}
with
    events as (select * from {{ ref("int_holdout_events") }}),
    rating_mean as (select * from {{ ref("sig_rating_mean") }}),
    rating_items as (select * from {{ ref("sig_rating_items") }}),
    rating_users as (select * from {{ ref("sig_rating_users") }}),
    {% if "item_knn" in models %}
        neighbours as (select * from {{ ref("sig_rating_neighbours") }}),
        residuals as (select * from {{ ref("sig_rating_residuals") }}),
    {% endif %}

    pairs as (
        select user_id, item_id, {{ ratio(stable_sum("rating"), "count(*)") }} as rating
        from events
        where rating is not null
        group by user_id, item_id
    ),

    based as (
        {{ baseline_ratings("pairs", "rating_mean", "rating_items", "rating_users") }}
    ),

    {% if "item_knn" in models %}
        near as ({{ neighbour_ratings("based", "neighbours", "residuals") }}),
    {% endif %}

    united as (
        {% for model in models %}
            select
                'rating {{ model }}' as list_name,
                user_id,
                item_id,
                rating,
                {{ {"baseline": "baseline", "item_knn": "predicted_rating"}[model] }}
                as predicted_rating
            from {{ {"baseline": "based", "item_knn": "near"}[model] }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select list_name, user_id, item_id, rating, predicted_rating
        from united
        where predicted_rating is not null
    )

select *
from final
