{#- is_taken(): whether an accepted event is an order line: its type is one of var
    order_event_types and it weighs more than 0. What a return took back is not accepted.
    Every "taken" anywhere comes from here.
    is_taken()  ->  coalesce(event_type in ('purchase', ...), false) and ... > 0 -#}
{% macro is_taken() -%}
    {{ event_type_in(var("order_event_types")) }} and {{ line_weight() }} > 0
{%- endmacro %}
