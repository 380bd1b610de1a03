{#- rejection_reason(): why an event of the staging layout is not used, null where it is.
    The codes are explained in seed rejection_reasons. The first that applies is given.
    rejection_reason()  ->  case when ... then 'missing_item' ... end -#}
{% macro rejection_reason() %}
    case
        when nullif(trim(cast(item_id as varchar)), '') is null
        then 'missing_item'
        when
            user_id is null and basket_id is null or trim(cast(user_id as varchar)) = ''
        then 'missing_user'
        when unreadable_event_at is not null
        then 'unreadable_time'
        when event_at is null
        then 'missing_time'
        when event_at > {{ as_timestamp(run_started_at) }}
        then 'future_time'
        when {{ event_weight("event_type") }} is null
        then 'unknown_event_type'
        when quantity <= 0
        then 'non_positive_quantity'
        when {{ repeat_number() }} > 1
        then 'exact_duplicate'
    end
{%- endmacro %}
