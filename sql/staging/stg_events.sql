-- One row per raw event before as_of: renamed and typed, nothing dropped or repaired.
-- What var eval_split holds out is not in it either; what tombstones delete is marked.
with
    mapped as ({{ mapped_events() }}),

    marked as ({{ marked_deletions("mapped", "past") }}),

    {% if var("as_of") is not none %}
        split as (select *, {{ split_part() }} as part from marked),
    {% endif %}

    final as (
        select
            user_id,
            item_id,
            event_at,
            unreadable_column,
            unreadable_text,
            event_type,
            basket_id,
            quantity,
            amount,
            rating,
            region,
            event_id,
            deletion,
            owner_key,
            hash(line_key, deletion) as line_key
        {% if var("as_of") is none %} from marked
        {% else %} from split where part = 'past'
        {% endif %}
    )

select *
from final
