{#- overlap_by_depth(aligned, depth): how many items the first 1, 2 ... `depth` places of both
    lists of `aligned` have in common, with the lengths of the shorter and the longer list.
    overlap_by_depth("aligned", 10)  ->  select user_id, surface, depth, count(...) as shared ... -#}
{% macro overlap_by_depth(aligned, depth) %}
    select
        {{ aligned }}.user_id,
        {{ aligned }}.surface,
        depths.depth,
        count(
            case
                when
                    {{ aligned }}.newer_rank <= depths.depth
                    and {{ aligned }}.older_rank <= depths.depth
                then 1
            end
        ) as shared,
        least(max({{ aligned }}.newer_rank), max({{ aligned }}.older_rank)) as shortest,
        greatest(
            max({{ aligned }}.newer_rank), max({{ aligned }}.older_rank)
        ) as longest
    from {{ aligned }}
    cross join (select unnest(range(1, {{ depth | int + 1 }})) as depth) as depths
    group by {{ aligned }}.user_id, {{ aligned }}.surface, depths.depth
    having count({{ aligned }}.newer_rank) > 0 and count({{ aligned }}.older_rank) > 0
{% endmacro %}
