{#- best_candidates(scored, candidate_source): the body of the CTE that ends every
    candidate model. Brings the best of each user into the contract: best_of_kinds, marked as
    repeats or not and ranked. `scored` has user_id, item_id, item_index, score and
    reason_item_id; the model imports user_items, user_scopes, scope_items and exclusions.
    Equal scores go to the more popular item.
    best_candidates("scored", "als")  ->  select user_id, item_id, 'als' as ... -#}
{% macro best_candidates(scored, candidate_source) %}
    select
        user_id,
        item_id,
        '{{ candidate_source }}' as candidate_source,
        cast(score as double) as score,
        is_repeat,
        reason_item_id,
        row_number() over (
            partition by user_id, is_repeat order by score desc, item_index
        ) as kind_rank,
        row_number() over (
            partition by user_id order by score desc, item_index
        ) as item_rank
    from ({{ best_of_kinds(scored) }}) as best
{% endmacro %}
