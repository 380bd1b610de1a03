{#- log_likelihood_term(observed, row_total, column_total): one cell's term of the log-likelihood
    ratio, observed * ln(observed / expected); an empty cell adds nothing. The model has
    the grand total as `total`; all four are doubles.
    log_likelihood_term("both", "has_x", "has_y")  ->
    case when both > 0 then both * ln(both * total / (has_x * has_y)) else 0 end -#}
{% macro log_likelihood_term(observed, row_total, column_total) -%}
    case
        when {{ observed }} > 0
        then
            {{ observed }}
            * ln({{ observed }} * total / ({{ row_total }} * {{ column_total }}))
        else 0
    end
{%- endmacro %}
