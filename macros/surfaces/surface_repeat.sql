{#- surface_repeat(surfaces, user_items): whether a row that int_user_items is left-joined to
    is a repeat by what a surface means by repeats.
    surface_repeat("surfaces", "user_items")  ->  case when surfaces.repeat_means = ... -#}
{% macro surface_repeat(surfaces, user_items) -%}
    case
        when {{ surfaces }}.repeat_means = 'seen'
        then {{ is_repeat(user_items, "seen") }}
        else {{ is_repeat(user_items, "taken") }}
    end
{%- endmacro %}
