{#- matches_allow_repeat(is_repeat, allow_repeat): whether something that the user has already, or has
    not, belongs to a kind of list: all, new_only or repeat_only.
    matches_allow_repeat("truth.is_repeat", "kinds.allow_repeat")  ->
    (kinds.allow_repeat = 'all' or truth.is_repeat = (...  = 'repeat_only')) -#}
{% macro matches_allow_repeat(is_repeat, allow_repeat) -%}
    (
        {{ allow_repeat }} = 'all'
        or {{ is_repeat }} = ({{ allow_repeat }} = 'repeat_only')
    )
{%- endmacro %}
