{#- asked_levels(): the body of a CTE with one row per pair of var rule_levels.
    asked_levels()  ->  select 'item' as antecedent_level, 'category' as consequent_level -#}
{% macro asked_levels() %}
    {%- for antecedent, consequent in var("rule_levels") %}
        select
            {{ text(antecedent) }} as antecedent_level,
            {{ text(consequent) }} as consequent_level
        {% if not loop.last %}
            union
        {% endif %}
    {%- endfor %}
{% endmacro %}
