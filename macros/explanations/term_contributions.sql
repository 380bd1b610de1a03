{#- term_contributions(sources): the body of a CTE that brings what functions explain, one CTE
    <source>_terms per source, into the contract of terms. The model imports shown.
    term_contributions(["als"])  ->  select shown.user_id, ... from als_terms inner join shown ... -#}
{% macro term_contributions(sources) %}
    {%- for source in sources %}
        select
            shown.user_id,
            shown.item_id,
            shown.candidate_source,
            'item' as part,
            {{ source }}_terms.reason_index,
            {{ source }}_terms.contribution,
            cast(null as bigint) as pair_count,
            cast(null as double) as lift,
            cast(null as varchar) as group_kind,
            cast(null as varchar) as group_name,
            cast(null as double) as user_share
        from {{ source }}_terms
        inner join
            shown
            on {{ source }}_terms.user_index = shown.user_index
            and {{ source }}_terms.item_index = shown.item_index
            and shown.candidate_source = '{{ source }}'
            {{ "" if loop.last else "union all" }}
    {%- endfor %}
{% endmacro %}
