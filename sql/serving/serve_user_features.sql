-- One row per user: what the ranker knows of it, in the order of serve_rankers.
{{ config(enabled=var("serving") and uses_ranker("users") == "yes") }}
with
    features as (select * from {{ ref("rank_users") }}),
    users as (select * from {{ ref("int_users") }}),

    final as (
        select
            users.user_id,
            [
                {% for name in ranker_features("users").split() %}
                    cast(features.{{ name }} as float){{ "," if not loop.last }}
                {% endfor %}
            ] as features
        from features
        inner join users on features.user_index = users.user_index
    )

select *
from final
