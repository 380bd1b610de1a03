-- One row per surface of the latest backtest: the share of users who took something of
-- its first k items, and that of the plain list of what is popular, all folds together.
-- difference, is_clear: by the first of var eval_compared_metrics, as eval_comparisons.
-- Read by `recsql report`.
{{ config(enabled=var("as_of") is not none) }}
{% set compared = var("eval_compared_metrics") %}
with
    summary as ({{ latest_run(ref("eval_summary")) }}),

    surfaces as (
        {% for surface in var("surfaces") %}
            select
                {{ loop.index }} as place,
                {{ text(surface["name"]) }} as surface,
                {{ text(surface["allow_repeat"]) }} as allow_repeat,
                {{ text("surface " ~ surface["name"]) }} as list_name
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    figures as (
        select
            allow_repeat,
            list_name,
            k,
            max(case when metric = 'hit_rate' then user_count end) as user_count,
            max(case when metric = 'hit_rate' then metric_value end) as hit_share,
            max(
                case
                    when metric = {{ text((compared or ["hit_rate"])[0]) }}
                    then metric_value
                end
            ) as metric_value
        from summary
        where segment_kind = 'all' and k = {{ var("eval_cutoffs") | min | int }}
        group by allow_repeat, list_name, k
    ),

    {% if compared %}
        kept as ({{ latest_run(ref("eval_comparisons")) }}),

        -- a pair is stored once, whichever of the two is named first
        against_plain as (
            select allow_repeat, k, list_name, difference, is_significant
            from kept
            where other_list_name = 'popular' and metric = {{ text(compared[0]) }}
            union all
            select allow_repeat, k, other_list_name, - difference, is_significant
            from kept
            where list_name = 'popular' and metric = {{ text(compared[0]) }}
        ),
    {% endif %}

    final as (
        select
            surfaces.surface,
            surfaces.allow_repeat,
            figures.k,
            figures.user_count,
            figures.hit_share,
            plain.hit_share as plain_hit_share,
            {{ metric_label(text((compared or ["hit_rate"])[0]), "figures.k") }}
            as metric,
            figures.metric_value,
            plain.metric_value as plain_value,
            {% if compared %}
                against_plain.difference, against_plain.is_significant as is_clear
            {% else %}
                cast(null as double) as difference, cast(null as boolean) as is_clear
            {% endif %},
            surfaces.place
        from surfaces
        inner join
            figures
            on surfaces.allow_repeat = figures.allow_repeat
            and surfaces.list_name = figures.list_name
        left join
            figures as plain
            on figures.allow_repeat = plain.allow_repeat
            and figures.k = plain.k
            and plain.list_name = 'popular'
        {% if compared %}
            left join
                against_plain
                on figures.allow_repeat = against_plain.allow_repeat
                and figures.list_name = against_plain.list_name
                and figures.k = against_plain.k
        {% endif %}
    )

select *
from final
order by place
