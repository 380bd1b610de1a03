{#- meets_threshold(score, limit): true unless a score is below a limit, equal at six decimals:
    the last bits of what is learned differ from one processor to another.
    meets_threshold("score", "min_score")  ->  coalesce(score >= min_score - 5e-7, true) -#}
{% macro meets_threshold(score, limit) -%}
    coalesce({{ score }} >= {{ limit }} - 5e-7, true)
{%- endmacro %}
