-- One row per (user_id, item_id) shown on some surface: what the user would rate it.
-- predicted_rating by the last model of var rating_models; docs/metrics.md has both.
{{ config(enabled=predicts_ratings() == "yes") }}
{% set model = var("rating_models") | last %}
with
    shown as (select * from {{ ref("rec_for_user") }}),
    items as (select * from {{ ref("int_items") }}),
    rating_mean as (select * from {{ ref("sig_rating_mean") }}),
    rating_items as (select * from {{ ref("sig_rating_items") }}),
    rating_users as (select * from {{ ref("sig_rating_users") }}),
    {% if model == "item_knn" %}
        neighbours as (select * from {{ ref("sig_rating_neighbours") }}),
        residuals as (select * from {{ ref("sig_rating_residuals") }}),
    {% endif %}

    pairs as (select user_id, item_id from shown group by user_id, item_id),

    based as (
        {{ baseline_ratings("pairs", "rating_mean", "rating_items", "rating_users") }}
    ),

    {% if model == "item_knn" %}
        predicted as ({{ neighbour_ratings("based", "neighbours", "residuals") }}),
    {% else %} predicted as (select *, baseline as predicted_rating from based),
    {% endif %}

    final as (
        select
            predicted.user_id,
            predicted.item_id,
            items.title as item_title,
            predicted.predicted_rating,
            coalesce(rating_items.rating_count, 0) as item_rating_count,
            {{ run_stamp() }}
        from predicted
        inner join items on predicted.item_id = items.item_id
        left join rating_items on predicted.item_id = rating_items.item_id
        where predicted.predicted_rating is not null
    )

select *
from final
