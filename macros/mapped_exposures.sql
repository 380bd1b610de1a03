{#- mapped_exposures(): the body of a CTE that renames and types raw exposures, row for row.
    mapped_exposures()  ->  select (user_id) as user_id, ... from raw.exposures -#}
{% macro mapped_exposures() %}
    select
        {{ mapped("exposures", "user_id") }} as user_id,
        {{ mapped("exposures", "item_id") }} as item_id,
        cast({{ mapped("exposures", "surface") }} as varchar) as surface,
        cast({{ mapped("exposures", "variant") }} as varchar) as variant,
        try_cast({{ mapped("exposures", "shown_at") }} as timestamp) as shown_at,
        try_cast({{ mapped("exposures", "clicked_at") }} as timestamp) as clicked_at,
        try_cast({{ mapped("exposures", "propensity") }} as double) as propensity
    from {{ input_relation("exposures") }} {{ wanted_rows("exposures") }}
{% endmacro %}
