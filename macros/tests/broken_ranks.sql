{#- broken_ranks(lists, keys, shown_id=none): the body of a CTE of a test: the lists, told
    apart by their keys, whose item_rank is not 1 to n, or where shown_id is the item itself.
    broken_ranks("lists", ["user_id"])
    ->  select user_id, count(*) as row_count, ... from lists group by user_id having ... -#}
{% macro broken_ranks(lists, keys, shown_id=none) %}
    {%- set itself = "count(case when " ~ shown_id ~ " = item_id then 1 end)" %}
    select
        {{ keys | join(", ") }},
        count(*) as row_count,
        min(item_rank) as first_rank,
        max(item_rank) as last_rank
        {%- if shown_id is not none %}, {{ itself }} as self_count {%- endif %}
    from {{ lists }}
    group by {{ keys | join(", ") }}
    having
        count(distinct item_rank) <> count(*)
        or min(item_rank) <> 1
        or max(item_rank) <> count(*)
        {% if shown_id is not none %} or {{ itself }} > 0 {% endif %}
{% endmacro %}
