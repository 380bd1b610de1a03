-- One row at most: the learned ranker, and which of its features are known of any pair.
-- What else it learned from is null for what no source proposes.
{% set themes = var("ranker_themes") %}
{% set of_items = ranker_features("items").split() if "items" in themes else [] %}
{% set of_users = ranker_features("users").split() if "users" in themes else [] %}
{{ config(enabled=var("serving") and uses_ranker() == "yes") }}
with
    ranker as (select * from {{ ref("stg_rankers") }}),

    final as (
        select
            trained_at,
            booster,
            cast(
                [
                    {% for name in of_items %}
                        {{ text(name) }}{{ "," if not loop.last }}
                    {% endfor %}
                ] as varchar[]
            ) as item_features,
            cast(
                [
                    {% for name in of_users %}
                        {{ text(name) }}{{ "," if not loop.last }}
                    {% endfor %}
                ] as varchar[]
            ) as user_features
        from ranker
    )

select *
from final
