-- One row per item: what it is, how popular, and what models know of it.
-- popularity_rank counts from the most popular; als_factors: of eligible items.
{{ config(enabled=var("serving")) }}
with
    items as (select * from {{ ref("int_items") }}),
    {% if "als" in var("candidate_sources") %}
        item_factors as (
            select * from {{ ref("sig_item_factors") }} where model_name = 'als'
        ),
    {% endif %}

    final as (
        select
            items.item_id,
            items.title as item_title,
            items.category,
            items.is_eligible,
            items.user_count,
            items.basket_count,
            items.item_index + 1 as popularity_rank,
            {% if "als" in var("candidate_sources") %}
                item_factors.factors as als_factors
            {% else %} cast(null as float[]) as als_factors
            {% endif %}
        from items
        {% if "als" in var("candidate_sources") %}
            left join item_factors on items.item_index = item_factors.item_index
        {% endif %}
    )

select *
from final
