{#- best_of_scopes(scored): the body of a CTE that keeps of scored (user_id, item_index) the
    best n new items and repeats of each scope of the user; is_extra where only scopes of
    surfaces keep it. The model imports user_scopes, scope_items and exclusions.
    best_of_scopes("scored")  ->  select user_id, ..., bool_and(...) as is_extra from ... -#}
{% macro best_of_scopes(scored) %}
    {% set columns = "user_id, item_id, item_index, score, is_repeat, reason_item_id" %}
    select {{ columns }}, bool_and(surface is not null) as is_extra
    from
        (
            select
                {{ scored }}.*,
                surface,
                row_number() over (
                    partition by {{ scored }}.user_id, surface, is_repeat
                    order by score desc, {{ scored }}.item_index
                ) as scope_rank
            from {{ scored }}
            inner join user_scopes on {{ scored }}.user_id = user_scopes.user_id
            inner join scope_items using (scope_index, item_index)
            left join
                exclusions
                on {{ scored }}.user_id = exclusions.user_id
                and {{ scored }}.item_index = exclusions.item_index
            where exclusions.user_id is null
            qualify scope_rank <= {{ var("candidates_per_user") | int }}
        ) as kept
    group by {{ columns }}
{% endmacro %}
