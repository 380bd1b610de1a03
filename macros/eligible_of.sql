{#- eligible_of(scored): the body of a CTE that keeps of scored (user_id, item_index) what the
    user may be shown: items of the user's scope that are not excluded. The model imports
    user_scopes, scope_items and exclusions.
    eligible_of("scored")  ->  select scored.* from scored inner join user_scopes ... -#}
{% macro eligible_of(scored) %}
    select {{ scored }}.*
    from {{ scored }}
    inner join
        user_scopes
        on {{ scored }}.user_id = user_scopes.user_id
        and user_scopes.surface is null
    inner join
        scope_items
        on user_scopes.scope_index = scope_items.scope_index
        and {{ scored }}.item_index = scope_items.item_index
    left join
        exclusions
        on {{ scored }}.user_id = exclusions.user_id
        and {{ scored }}.item_index = exclusions.item_index
    where exclusions.user_id is null
{% endmacro %}
