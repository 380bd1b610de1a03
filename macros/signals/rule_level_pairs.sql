{#- rule_level_pairs(): the body of a CTE with one row per pair of var rule_levels.
    rule_level_pairs()  ->  select 'item' as antecedent_level, 'category' as consequent_level -#}
{% macro rule_level_pairs() %}
    {%- for antecedent, consequent in var("rule_levels") %}
        select
            {{ text(antecedent) }} as antecedent_level,
            {{ text(consequent) }} as consequent_level
        {% if not loop.last %}
            union
        {% endif %}
    {%- endfor %}
{% endmacro %}
