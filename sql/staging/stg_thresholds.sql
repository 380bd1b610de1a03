-- One row per (allow_repeat, list_name, other_list_name): from how many orders on the
-- first serves a user better, by the last backtest (null: never).
-- As of a past moment, by one that was scored on nothing later.
{{ config(enabled=uses_thresholds() == "yes") }}
with
    thresholds as (select * from {{ source("raw", "order_thresholds") }}),

    known as (
        select *
        from thresholds
        {% if var("as_of") is not none %}
            where learned_until <= {{ as_timestamp(var("as_of")) }}
        {% endif %}
    ),

    latest as (select max(generated_at) as generated_at from known),

    final as (
        select
            known.allow_repeat,
            known.list_name,
            known.other_list_name,
            cast(known.min_orders as integer) as min_orders,
            cast(known.learned_until as timestamp) as learned_until
        from known
        inner join latest on known.generated_at = latest.generated_at
    )

select *
from final
