-- One row per raw event before as_of: renamed and typed, nothing dropped or repaired.
-- What var eval_split holds out is not in it either.
with
    mapped as ({{ mapped_events() }}),

    {% if var("as_of") is not none %}
        split as (select *, {{ split_part() }} as part from mapped),
    {% endif %}

    final as (
        select
            user_id,
            item_id,
            event_at,
            unreadable_event_at,
            event_type,
            basket_id,
            quantity,
            amount,
            rating,
            region,
            owner_key,
            line_key
        {% if var("as_of") is none %} from mapped
        {% else %} from split where part = 'past'
        {% endif %}
    )

select *
from final
