{#- owner_key(): whose a raw line is, a user's or a guest's basket's, as a number. Lines of
    different owners never change each other; two owners may share a number. Computed from
    what is raw, as a cast of every line would cost more.
    owner_key()  ->  hash((household_id), case when (household_id) is null then ... end) -#}
{% macro owner_key() -%}
    {%- set user_id = mapped("events", "user_id") -%}
    hash(
        {{ user_id }},
        case when {{ user_id }} is null then {{ mapped("events", "basket_id") }} end
    )
{%- endmacro %}
