{#- rejection_reason(): why a line of the staging layout says nothing by itself, null where
    it does. The codes are explained in seed rejection_reasons; the first that applies is
    given, and outlier_reason comes after it.
    rejection_reason()  ->  case when ... then 'missing_item' ... end -#}
{% macro rejection_reason() %}
    case
        when nullif(trim(cast(item_id as varchar)), '') is null
        then 'missing_item'
        when
            user_id is null and basket_id is null or trim(cast(user_id as varchar)) = ''
        then 'missing_user'
        when unreadable_column = 'event_at'
        then 'unreadable_time'
        when event_at is null
        then 'missing_time'
        when event_at < {{ as_timestamp(var("earliest_event_at")) }}
        then 'ancient_time'
        when event_at > {{ as_timestamp(run_started_at) }}
        then 'future_time'
        when
            {{ event_weight("event_type") }} is null
            and not {{ event_type_in(var("return_event_types")) }}
        then 'unknown_event_type'
        when unreadable_column in ('is_test', 'is_deleted')
        then 'unreadable_flag'
        when unreadable_column is not null
        then 'unreadable_number'
    end
{%- endmacro %}
