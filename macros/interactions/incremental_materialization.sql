{#- incremental_materialization(): how models are stored whose rows depend on their own users' or baskets'
    events alone. Under a core (k-core) any event may change what all others count for.
    incremental_materialization()  ->  incremental -#}
{% macro incremental_materialization() -%}
    {{-
        (
            "table"
            if var("core_min_items_per_user") or var("core_min_users_per_item")
            else "incremental"
        )
    -}}
{%- endmacro %}
