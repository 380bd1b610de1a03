{#- is_repeat(user_items, meaning=none): whether a row that int_user_items is left-joined to
    repeats what the user has: taken, or with `seen` any event. Without a meaning, var
    repeat_means says which.
    is_repeat("user_items")  ->  coalesce(user_items.is_taken, false) -#}
{% macro is_repeat(user_items, meaning=none) -%}
    {%- if (meaning or var("repeat_means")) == "taken" -%}
        coalesce({{ user_items }}.is_taken, false)
    {%- else -%} ({{ user_items }}.item_id is not null)
    {%- endif -%}
{%- endmacro %}
