{#- rank_biased_overlaps(aligned, depth): the body of a CTE with the rank-biased overlap of the two lists of
    each user and surface of `aligned` that has both: RBO_ext, equation 32 of Webber,
    Moffat and Zobel 2010, with p of var drift_persistence. 1: equal, 0: nothing in common.
    rank_biased_overlaps("aligned", 10)  ->  select user_id, surface, ... as overlap from (...) -#}
{% macro rank_biased_overlaps(aligned, depth) %}
    {%- set p = "cast(" ~ var("drift_persistence") | float ~ " as double)" %}
    {%- set agreement = "(shared + at_shortest * greatest(depth - shortest, 0)"
        ~ " / shortest) / depth * power(" ~ p ~ ", depth)" %}
    select
        user_id,
        surface,
        (1 - {{ p }}) / {{ p }} * {{ stable_sum(agreement) }}
        + max(case when depth = longest then {{ agreement }} end) as overlap
    from
        (
            select
                *,
                max(case when depth = shortest then shared end) over (
                    partition by user_id, surface
                ) as at_shortest
            from ({{ overlap_by_depth(aligned, depth) }}) as counted
        ) as agreed
    where depth <= longest
    group by user_id, surface
{% endmacro %}
