{#- log_likelihood_ratio(): Dunning's ratio (1993) of a two by two table, larger the less
    chance explains it. The CTE has doubles has_both, has_x, has_y, lacks_x, lacks_y and
    total. The brackets make both directions of a pair equal to the last bit.
    log_likelihood_ratio()  ->  greatest(2 * (case when has_both > 0 then ... end), 0) -#}
{% macro log_likelihood_ratio() -%}
    greatest(
        2 * (
            {{ log_likelihood_term("has_both", "has_x", "has_y") }} + (
                {{ log_likelihood_term("(has_x - has_both)", "has_x", "lacks_y") }}
                + {{ log_likelihood_term("(has_y - has_both)", "lacks_x", "has_y") }}
            )
            + {{
                log_likelihood_term(
                    "(total - (has_x + has_y) + has_both)", "lacks_x", "lacks_y"
                )
            }}
        ),
        0
    )
{%- endmacro %}
