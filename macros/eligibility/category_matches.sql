{#- category_matches(tested, keys): the body of a CTE with the keys of which a condition holds, as
    an item of several categories has them all: `category = x` says it has x, `category <> x`
    that it has not. tested: rows of elig_item_categories and whether the condition `holds`.
    Where it holds for a category that no item has, it must hold for each; else for one.
    category_matches("tested", "user_id, item_id")  ->  select user_id, item_id from tested ... -#}
{% macro category_matches(tested, keys) %}
    select {{ keys }}
    from {{ tested }}
    where category_role is null and holds = 1
    union all
    select {{ keys }}
    from {{ tested }}
    where category_role is not null
    group by {{ keys }}
    having
        case
            when max(case when category_role = 'other' then holds end) = 1
            then min(holds)
            else max(holds)
        end
        = 1
{% endmacro %}
