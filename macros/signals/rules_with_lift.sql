{#- rules_with_lift(counted): the body of a CTE that measures rules from the weights of
    their baskets and drops those below the support of the relaxed pass.
    rules_with_lift("counted")  ->  select *, confidence / nullif(...) as lift, ... -#}
{% macro rules_with_lift(counted) %}
    {% set strict = var("min_support") | float %}
    select
        *,
        confidence / nullif(consequent_support, 0) as lift,
        support - antecedent_support * consequent_support as leverage,
        (1 - consequent_support) / nullif(1 - confidence, 0) as conviction,
        {{ log_lift("pair_weight", "expected_weight", "antecedent_weight") }}
        as log_lift,
        if(support >= {{ strict }}, 'strict', 'relaxed') as rule_pass
    from
        (
            select
                *,
                {{ ratio("antecedent_weight * consequent_weight", "total_weight") }}
                as expected_weight,
                {{ ratio("pair_weight", "total_weight") }} as support,
                {{ ratio("pair_weight", "antecedent_weight") }} as confidence,
                {{ ratio("antecedent_weight", "total_weight") }} as antecedent_support,
                {{ ratio("consequent_weight", "total_weight") }} as consequent_support
            from {{ counted }}
        ) as measured
    where support >= {{ strict * var("relaxed_support_share") | float }}
{% endmacro %}
