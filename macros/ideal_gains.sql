{#- ideal_gains(): the body of a CTE with the best possible DCG of a list cut at k, for
    every k of var eval_cutoffs and every number of relevant items up to k.
    ideal_gains()  ->  select 10 as k, 2 as relevant_count, 1.63... as ideal_gain ... -#}
{% macro ideal_gains() %}
    {%- for k in var("eval_cutoffs") %}
        select
            {{ k | int }} as k,
            many.number as relevant_count,
            sum(1 / log2(each.number + 1)) as ideal_gain
        from (select unnest(range(1, {{ k | int }} + 1)) as number) as many
        inner join
            (select unnest(range(1, {{ k | int }} + 1)) as number) as each
            on each.number <= many.number
        group by many.number
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
{% endmacro %}
