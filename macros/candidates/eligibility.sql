{#- eligibility(): what each user of the block may be shown, as functions that score a whole
    catalogue read it. It reads layer eligibility itself.
    eligibility()  ->  {'scopes': (select {'user_index': list(user_index), ...}), ...} -#}
{% macro eligibility() -%}
    {
        'scopes': (
            select {'user_index':list(user_index), 'scope_index':list(scope_index)}
            from {{ of_block("elig_user_scopes") }} as user_scopes
        ),
        'items': (
            select {'scope_index':list(scope_index), 'item_index':list(item_index)}
            from {{ ref("elig_scope_items") }}
        ),
        'excluded': (
            select {'user_index':list(user_index), 'item_index':list(item_index)}
            from {{ of_block("elig_exclusions") }} as exclusions
        )
    }
{%- endmacro %}
