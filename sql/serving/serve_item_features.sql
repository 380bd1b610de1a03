-- One row per item: what the ranker knows of it, in the order of serve_rankers.
{{ config(enabled=var("serving") and uses_ranker("items") == "yes") }}
with
    features as (select * from {{ ref("rank_items") }}),
    items as (select * from {{ ref("int_items") }}),

    final as (
        select
            items.item_id,
            [
                {% for name in ranker_features("items").split() %}
                    cast(features.{{ name }} as float){{ "," if not loop.last }}
                {% endfor %}
            ] as features
        from features
        inner join items on features.item_index = items.item_index
    )

select *
from final
