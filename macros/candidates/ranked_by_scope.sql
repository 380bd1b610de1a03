{#- ranked_by_scope(scored, scope_items): the body of a CTE that ranks scored items, the same for
    everyone, among what each scope may be shown.
    ranked_by_scope("popularity", "scope_items")
    ->  select scope_index as audience, ... as popularity_rank from ... -#}
{% macro ranked_by_scope(scored, scope_items) %}
    select
        {{ scope_items }}.scope_index as audience,
        {{ scored }}.item_id,
        {{ scored }}.item_index,
        {{ scored }}.score,
        row_number() over (
            partition by {{ scope_items }}.scope_index
            order by {{ scored }}.score desc, {{ scored }}.item_index
        ) as popularity_rank
    from {{ scored }}
    inner join
        {{ scope_items }} on {{ scored }}.item_index = {{ scope_items }}.item_index
{% endmacro %}
