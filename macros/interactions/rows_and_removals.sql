{#- rows_and_removals(rows, latest, key, keys): the from clause of an incremental model's last CTE: its
    rows, with the moment of the `latest` refresh. When it adds to its table, also a row for
    each of the CTE `keys` of which nothing is left: its refreshed_at is null, and a
    post_hook deletes it after it has replaced what was there.
    rows_and_removals("placed", "latest", "owner_key", "changed")
    ->  from placed cross join latest right join changed using (owner_key) -#}
{% macro rows_and_removals(rows, latest, key, keys) -%}
    from {{ rows }}
    cross join {{ latest }}
    {% if is_incremental() %} right join {{ keys }} using ({{ key }}) {% endif %}
{%- endmacro %}
