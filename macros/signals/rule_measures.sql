{#- rule_measures(): how strong a rule is, as columns, from a CTE's doubles has_both, has_x,
    has_y and total: baskets with both sides, with either side, and all. As in the overview
    for arules (Hahsler), confidence with the 95 % interval of Wilson (1927).
    rule_measures()  ->  greatest(...) as confidence_low, ... as max_confidence -#}
{% macro rule_measures() -%}
    {%- set either = "(has_x + has_y - has_both)" -%}
    {%- set gain = "(has_both * total - has_x * has_y)" -%}
    {%- set alone = "((has_x - has_both) * (has_y - has_both))" -%}
    {%- set spread = "1.96 * sqrt(has_both * (1 - has_both / has_x) + 0.9604)" -%}
    greatest(
        (has_both + 1.9208 - {{ spread }}) / (has_x + 3.8416), 0
    ) as confidence_low,
    least((has_both + 1.9208 + {{ spread }}) / (has_x + 3.8416), 1) as confidence_high,
    {%- set most = "greatest(has_both * (total - has_x), has_x * (has_y - has_both))" %}
    -- 0 / 0 where the antecedent is in every basket and so tells nothing
    coalesce({{ ratio(gain, most) }}, 0) as zhang,
    {%- set room = "case when " ~ gain ~ " > 0 then total - has_y else has_y end" %}
    {{ ratio(gain, "(has_x * (" ~ room ~ "))") }} as certainty_factor,
    has_both / {{ either }} as jaccard,
    has_both / sqrt(has_x * has_y) as cosine,
    (has_both / has_x + has_both / has_y) / 2 as kulczynski,
    abs(has_x - has_y) / {{ either }} as imbalance_ratio,
    {{ ratio("ln(has_both * total / (has_x * has_y))", "- ln(has_both / total)") }}
    as normalized_pmi,
    {{ ratio("has_both * (total - " ~ either ~ ")", alone) }} as odds_ratio,
    {{ ratio(gain, "sqrt(has_x * has_y * (total - has_x) * (total - has_y))") }} as phi,
    greatest(has_both / has_x, has_both / has_y) as max_confidence
{%- endmacro %}
