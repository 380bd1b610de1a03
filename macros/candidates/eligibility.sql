{#- eligibility(): what each user may be shown, as functions that score a whole catalogue read
    it. The model imports user_scopes, scope_items and exclusions.
    eligibility()  ->  {'scopes': (select {'user_index': list(user_index), ...}), ...} -#}
{% macro eligibility() -%}
    {
        'scopes': (
            select {'user_index':list(user_index), 'scope_index':list(scope_index)}
            from user_scopes
        ),
        'items': (
            select {'scope_index':list(scope_index), 'item_index':list(item_index)}
            from scope_items
        ),
        'excluded': (
            select {'user_index':list(user_index), 'item_index':list(item_index)}
            from exclusions
        )
    }
{%- endmacro %}
