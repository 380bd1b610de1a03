{#- events_at_once(seconds): how many events the line's user has in the same day, minute ...
    that starts at a multiple of the seconds; 0 for a guest. Deleted ones are
    none.
    events_at_once(60)  ->  (case when user_id is null then 0 else count(...) over ... -#}
{% macro events_at_once(seconds) -%}
    (
        case
            when user_id is null
            then 0
            else
                count(case when deletion is null then 1 end) over (
                    partition by user_id, floor(epoch(event_at) / {{ seconds }})
                )
        end
    )
{%- endmacro %}
