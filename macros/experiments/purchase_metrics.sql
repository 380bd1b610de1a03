{#- purchase_metrics(from_at): what a group's rows of the CTE lines (of exp_lines) add up to. A
    line repeats where the item was bought earlier; an item is new where never before.
    purchase_metrics("since.from_at")  ->  count(distinct lines.basket_id) as order_count, ... -#}
{% macro purchase_metrics(from_at) -%}
    count(distinct lines.basket_id) as order_count,
    count(lines.item_id) as line_count,
    count(case when lines.event_at > lines.first_at then 1 end) as repeat_count,
    count(distinct lines.item_id) as item_count,
    count(
        distinct case when lines.first_at >= {{ from_at }} then lines.item_id end
    ) as new_item_count,
    coalesce({{ stable_sum("lines.amount") }}, 0) as amount
{%- endmacro %}
