{#- leave_one_out(itemsets): the body of a CTE with each item of each set of two or more, as a
    rule's right side, and the rest as its left; the set's own counts beside them.
    leave_one_out("itemsets")  ->  select consequent_item_id, ... as antecedent_item_ids -#}
{% macro leave_one_out(itemsets) %}
    select
        consequent_item_id,
        itemset_count,
        basket_count,
        support,
        list_filter(
            item_ids, lambda item_id:item_id <> consequent_item_id
        ) as antecedent_item_ids
    from
        (
            select *, unnest(item_ids) as consequent_item_id
            from {{ itemsets }}
            where item_count > 1
        ) as pointed
{% endmacro %}
