{#- matrix_coverage(max_items): the body of a CTE that says how many eligible items an item
    by item matrix of doubles holds, and what all of them would need.
    matrix_coverage(4000)  ->  select count(*) as item_count, ... from items ... -#}
{% macro matrix_coverage(max_items) %}
    select
        count(*) as item_count,
        least(count(*), {{ max_items }}) as kept_count,
        greatest(count(*) - {{ max_items }}, 0) as left_out_count,
        8
        * least(count(*), {{ max_items }})
        * least(count(*), {{ max_items }})
        / 1e9 as matrix_gb,
        8 * count(*) * count(*) / 1e9 as full_matrix_gb
    from items
    where is_eligible
{% endmacro %}
