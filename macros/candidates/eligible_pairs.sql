{#- eligible_pairs(scored, in_every_scope=false): the body of a CTE that keeps of scored (user_id,
    item_index) what the user may be shown: items of the user's scope that are not excluded;
    or of every scope of the user, with its surface. It reads layer eligibility itself.
    eligible_pairs("scored")  ->  select scored.* from scored inner join ... as user_scopes ... -#}
{% macro eligible_pairs(scored, in_every_scope=false) %}
    select {{ scored }}.* {{ ", user_scopes.surface" if in_every_scope }}
    from {{ scored }}
    inner join
        {{ of_block("elig_user_scopes") }} as user_scopes
        on {{ scored }}.user_id = user_scopes.user_id
        {{ "and user_scopes.surface is null" if not in_every_scope }}
    inner join
        {{ ref("elig_scope_items") }} as scope_items
        on user_scopes.scope_index = scope_items.scope_index
        and {{ scored }}.item_index = scope_items.item_index
    left join
        {{ of_block("elig_exclusions") }} as exclusions
        on {{ scored }}.user_id = exclusions.user_id
        and {{ scored }}.item_index = exclusions.item_index
    where exclusions.user_id is null
{% endmacro %}
