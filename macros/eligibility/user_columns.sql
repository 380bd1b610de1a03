{#- user_columns(condition): the columns of int_users that a condition on items, attributes
    and users names, apart by blanks. A column that items have, too, is named with `users.`.
    user_columns("items.category = 'wine' and users.order_count > 3")  ->  order_count -#}
{% macro user_columns(condition) -%}
    {%- set named = condition | string | lower | replace('"', "") | replace(" ", "") -%}
    {%- set shared = ["first_at", "last_at", "event_count"] -%}
    {%- set own = [
        "user_id",
        "user_group",
        "home_region",
        "group_kind",
        "group_name",
        "order_count",
        "first_order_at",
        "last_order_at",
        "user_index",
    ] -%}
    {%- for column in own + shared -%}
        {%- if ("users." if column in shared else "") ~ column in named %}
            {{ column }}
        {% endif -%}
    {%- endfor -%}
{%- endmacro %}
