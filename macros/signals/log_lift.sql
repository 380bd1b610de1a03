{#- log_lift(seen, expected, antecedent): ln of the lift of a rule, pulled towards 0 where
    little was seen: lift_prior_baskets, and lift_prior_share of the antecedent's, are added
    to what was seen and to what chance would give. What goes with everything has about 0.
    log_lift("n_xy", "n_x * n_y / n", "n_x")
    ->  ln((n_xy + 100.0 + 0.1 * (n_x)) / (n_x * n_y / n + 100.0 + 0.1 * (n_x))) -#}
{% macro log_lift(seen, expected, antecedent) -%}
    {%- set prior = (
        (var("lift_prior_baskets") | float)
        ~ " + "
        ~ (var("lift_prior_share") | float)
        ~ " * ("
        ~ antecedent
        ~ ")"
    ) -%}
    ln(
        {{
            ratio(
                "(" ~ seen ~ " + " ~ prior ~ ")", "(" ~ expected ~ " + " ~ prior ~ ")"
            )
        }}
    )
{%- endmacro %}
