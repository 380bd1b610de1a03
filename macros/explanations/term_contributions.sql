{#- term_contributions(sources, terms, shown): the body of a CTE that brings what functions explain
    of the pairs in `shown` into the contract of terms: from a CTE per source, whose name ends in
    `terms`.
    term_contributions(["als"], "_terms", "shown")  ->  select ... -#}
{% macro term_contributions(sources, terms, shown) %}
    {%- for source in sources %}
        {%- set found = source ~ terms %}
        select
            {{ shown }}.user_id,
            {{ shown }}.item_id,
            {{ shown }}.candidate_source,
            'item' as part,
            {{ found }}.reason_index,
            {{ found }}.contribution,
            cast(null as bigint) as pair_count,
            cast(null as double) as lift,
            cast(null as varchar) as group_kind,
            cast(null as varchar) as group_name,
            cast(null as double) as user_share
        from {{ found }}
        inner join
            {{ shown }}
            on {{ found }}.user_index = {{ shown }}.user_index
            and {{ found }}.item_index = {{ shown }}.item_index
            and {{ shown }}.candidate_source = '{{ source }}'
            {{ "" if loop.last else "union all" }}
    {%- endfor %}
{% endmacro %}
