{#- repeat_number(): 1 for the first of events alike in every column, 2 for its copy ...
    repeat_number()  ->  row_number() over (partition by ... order by event_at) -#}
{% macro repeat_number() -%}
    row_number() over (
        partition by
            user_id,
            item_id,
            event_at,
            event_type,
            basket_id,
            quantity,
            amount,
            rating,
            region
        order by event_at
    )
{%- endmacro %}
