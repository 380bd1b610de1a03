{#- learned_cells(): the condition on int_user_items of what a model that can fold users in
    is fitted on: eligible items, with fold_in_after only what was first taken before.
    learned_cells()  ->  is_eligible and first_at < timestamp '2017-11-01' -#}
{% macro learned_cells() -%}
    is_eligible
    {%- if var("fold_in_after") is not none %}
        and first_at < {{ as_timestamp(var("fold_in_after")) }}
    {%- endif %}
{%- endmacro %}
