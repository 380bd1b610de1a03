{#- repeat_keys(): the partition of a line and its repeats by var repeated_lines: alike in
    every column; else alike in use, and of one basket or of one user. A guest is known by
    the basket alone.
    repeat_keys()  ->  partition by user_id, item_id, event_type, ... -#}
{% macro repeat_keys() -%}
    partition by
        user_id,
        item_id,
        event_type,
        {%- if var("repeated_lines") == "exact" %}
            event_at,
            basket_id,
            quantity,
            amount,
            rating,
            region,
            event_id,
            deletion,
            unreadable_text
        {%- elif var("repeated_lines") == "sum" %}
            line_reason,
            is_return,
            basket_id,
            case when basket_id is null then event_at end
        {%- else %} line_reason, is_return, case when user_id is null then basket_id end
        {%- endif %}
{%- endmacro %}
