{#- changed_owners(this): the body of a CTE with the owners whose lines changed since the
    table was refreshed. The model imports int_owners as owners.
    changed_owners(this)  ->  select owner_key from owners where changed_at > (...) -#}
{% macro changed_owners(this) -%}
    select owner_key from owners where changed_at > {{ last_refresh(this) }}
{%- endmacro %}
