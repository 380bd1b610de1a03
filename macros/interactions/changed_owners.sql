{#- changed_owners(owners, this): the body of a CTE with the owners whose lines changed since the
    table was refreshed. owners: rows of int_owners.
    changed_owners("owners", this)  ->  select owner_key from owners where ... -#}
{% macro changed_owners(owners, this) -%}
    select owner_key from {{ owners }} where changed_at > {{ last_refresh(this) }}
{%- endmacro %}
