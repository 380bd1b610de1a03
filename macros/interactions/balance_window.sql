{#- balance_window(frame): the window over what one user, or a guest's basket, moves of an item, in
    order of time. Of lines at one time purchases come first.
    balance_window("rows unbounded preceding")  ->  over (partition by user_id, item_id, ...) -#}
{% macro balance_window(frame) -%}
    over (
        partition by user_id, case when user_id is null then basket_id end, item_id
        order by
            event_at,
            is_return,
            event_type,
            basket_id,
            units,
            line_amount,
            quantity,
            rating,
            region
            {{ frame }}
    )
{%- endmacro %}
