-- One row at most: the trees of strategy mix that learned from the latest events; of
-- these the last. A backtest sees only those that learned from nothing later.
{{ config(enabled=uses_mix() == "yes") }}
with
    rankers as (select * from {{ source("raw", "rankers") }}),

    numbered as (
        select
            *,
            row_number() over (order by learned_until desc, trained_at desc) as age_rank
        from rankers
        where
            objective = 'cross_entropy'
            {% if var("as_of") is not none %}
                and learned_until < {{ as_timestamp(var("as_of")) }}
            {% endif %}
    ),

    final as (
        select
            cast(trained_at as timestamp) as trained_at,
            cast(learned_until as timestamp) as learned_until,
            booster
        from numbered
        where age_rank = 1
    )

select *
from final
