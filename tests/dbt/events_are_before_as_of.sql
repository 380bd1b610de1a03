-- A backtest must not see what it is to predict.
with
    reference as (select * from {{ ref("int_reference_time") }}),

    final as (
        select
            concat(
                'an accepted event is at ',
                cast(last_event_at as varchar),
                ', but only events before ',
                cast(reference_at as varchar),
                ' may be seen; filter by as_of in stg_events'
            ) as problem
        from reference
        {% if var("as_of") is none %} where last_event_at > reference_at
        {% else %} where last_event_at >= {{ as_timestamp(var("as_of")) }}
        {% endif %}
    )

select *
from final
