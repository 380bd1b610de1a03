{#- sampled_items(): the body of a CTE of a query in queries/report: the items that the report
    shows: four in five are those most often shown to users, the others are drawn by a hash
    of their id; and the asked one.
    sampled_items()
    ->  select pages.item_id, ... qualify row_number() over (...) <= 400 or ... <= 100 -#}
{% macro sampled_items() %}
    {% set drawn = hash_share("concat('report:', cast(pages.item_id as varchar))") %}
    select
        pages.item_id,
        {{ id_text("pages.item_id") }} as item_text,
        count(lists.item_id) as shown_count
    from {{ ref("rec_item_page") }} as pages
    left join {{ ref("rec_for_user") }} as lists on pages.item_id = lists.item_id
    where pages.region = 'all' and pages.item_rank = 1
    group by pages.item_id
    qualify
        row_number() over (order by count(lists.item_id) desc, pages.item_id)
        <= {{ var("report_items") | int * 4 // 5 }}
        or row_number() over (order by {{ drawn }}, pages.item_id)
        <= {{ var("report_items") | int // 5 }}
        or item_text = {{ text(var("asked_item") or "") }}
{% endmacro %}
