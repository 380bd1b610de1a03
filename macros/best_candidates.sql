{#- best_candidates(scored, candidate_source=none): the body of the CTE that ends every
    candidate model. Brings into the contract, marked as repeats and ranked, each user's best
    of what is new, of what is only seen and of what is taken (best_of_kinds), and last what
    else is among the best of a surface's own catalogue. `scored` has user_id, item_id,
    item_index, score and reason_item_id, and of a family of sources its candidate_source;
    the model imports user_items, user_scopes, scope_items and exclusions. Equal scores go to
    the more popular item.
    best_candidates("scored", "als")  ->  select user_id, item_id, 'als' as ... -#}
{% macro best_candidates(scored, candidate_source=none) %}
    {% set own = surfaces_use(["where"]) == "yes" %}
    {% set order = ("is_extra, " if own else "") ~ "score desc, item_index" %}
    {% set family = "candidate_source, " if candidate_source is none else "" %}
    {% set best = (
        best_of_scopes(scored, family)
        if own
        else best_of_kinds(scored, family)
    ) %}
    select
        user_id,
        item_id,
        {{ text(candidate_source) ~ " as " if not family }}candidate_source,
        cast(score as double) as score,
        is_repeat,
        reason_item_id,
        row_number() over (
            partition by {{ family }}user_id, is_repeat order by {{ order }}
        ) as kind_rank,
        row_number() over (
            partition by {{ family }}user_id order by {{ order }}
        ) as item_rank
    from ({{ best }}) as best
{% endmacro %}
