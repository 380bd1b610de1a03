{#- mapped_exposures(): the body of a CTE that renames and types raw exposures. Rows with a
    value that cannot be read are left out; mon_values counts them.
    mapped_exposures()  ->  select (user_id) as user_id, ... from raw.exposures -#}
{% macro mapped_exposures() %}
    select
        {{ mapped("exposures", "user_id") }} as user_id,
        {{ mapped("exposures", "item_id") }} as item_id,
        cast({{ mapped("exposures", "surface") }} as varchar) as surface,
        cast({{ mapped("exposures", "variant") }} as varchar) as variant,
        {% for column in ["shown_at", "clicked_at"] -%}
            {{ read_as(mapped("exposures", column), "timestamp") }} as {{ column }},
        {% endfor -%}
        {{ read_as(mapped("exposures", "propensity"), "double") }} as propensity
    from {{ input_relation("exposures") }}
    where
        {{ unreadable_column("exposures") }} is null
        {% if var("exposures").get("where") %}
            and ({{ var("exposures").get("where") }})
        {% endif %}
{% endmacro %}
