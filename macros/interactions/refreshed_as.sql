{#- refreshed_as(): how models are stored whose rows depend on their own users' or baskets'
    events alone. Under a core (k-core) any event may change what all others count for.
    refreshed_as()  ->  incremental -#}
{% macro refreshed_as() -%}
    {{-
        (
            "table"
            if var("core_min_items_per_user") or var("core_min_users_per_item")
            else "incremental"
        )
    -}}
{%- endmacro %}
