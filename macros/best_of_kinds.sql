{#- best_of_kinds(scored, family="", in_every_scope=false): the body of a CTE that keeps of
    scored pairs, as far as users may be shown them, each user's best n items that are new, of
    those only seen and of those taken; of each scope of the user where it is asked for.
    best_of_kinds("scored")  ->  select eligible.*, ... as is_repeat from (...) ... -#}
{% macro best_of_kinds(scored, family="", in_every_scope=false) %}
    select
        eligible.*,
        {{ is_repeat("user_items") }} as is_repeat,
        row_number() over (
            partition by
                {{ family }}
                eligible.user_id,
                {{ "eligible.surface," if in_every_scope }}
                user_items.item_id is null,
                user_items.is_taken
            order by eligible.score desc, eligible.item_index
        ) as familiar_rank
    from ({{ eligible_of(scored, in_every_scope) }}) as eligible
    left join
        user_items
        on eligible.user_id = user_items.user_id
        and eligible.item_id = user_items.item_id
    qualify familiar_rank <= {{ var("candidates_per_user") | int }}
{% endmacro %}
