{#- last_refresh(this, column="refreshed_at"): up to which refresh of int_owners a table's
    rows are, as a scalar; before all of them where it is empty.
    last_refresh(this)
    ->  (select coalesce(max(refreshed_at), timestamp '1970-01-01 00:00:00') from ...) -#}
{% macro last_refresh(this, column="refreshed_at") -%}
    (
        select coalesce(max({{ column }}), timestamp '1970-01-01 00:00:00')
        from {{ this }}
    )
{%- endmacro %}
