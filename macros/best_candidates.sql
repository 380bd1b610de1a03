{#- best_candidates(scored, candidate_source): the body of the CTE that ends every
    candidate model. Keeps each user's best n new items and best n repeats of what the
    user may be shown, and last what else is among the best n of a surface's own catalogue,
    and brings them into the contract. `scored` has user_id, item_id,
    item_index, score, is_repeat and reason_item_id; the model imports user_scopes,
    scope_items and exclusions. Equal scores go to the more popular item.
    best_candidates("scored", "als")  ->  select user_id, item_id, 'als' as ... -#}
{% macro best_candidates(scored, candidate_source) %}
    {% set own = surfaces_use(["where"]) == "yes" %}
    {% set order = ("is_extra, " if own else "") ~ "score desc, item_index" %}
    {% set best = best_of_scopes(scored) if own else eligible_of(scored) %}
    select
        user_id,
        item_id,
        '{{ candidate_source }}' as candidate_source,
        cast(score as double) as score,
        is_repeat,
        reason_item_id,
        kind_rank,
        row_number() over (partition by user_id order by {{ order }}) as item_rank
    from
        (
            select
                *,
                row_number() over (
                    partition by user_id, is_repeat order by {{ order }}
                ) as kind_rank
            from ({{ best }}) as eligible
            qualify
                kind_rank <= {{ var("candidates_per_user") | int }}
                {{ "or is_extra" if own }}
        ) as best
{% endmacro %}
