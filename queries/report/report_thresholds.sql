-- One row per surface, metric and k: from how many orders on its first source serves
-- users better than its first fallback, by the latest backtest. Read by `recsql
-- report`.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    kept as ({{ latest_run(ref("eval_thresholds")) }}),

    surfaces as (
        {% for surface in var("surfaces") %}
            select
                {{ text(surface["name"]) }} as surface,
                {{ text(surface["allow_repeat"]) }} as allow_repeat,
                {{ text((surface.get("personal") or [""])[0]) }} as list_name,
                {{ text((surface.get("fallback") or [""])[0]) }} as other_list_name
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            surfaces.surface,
            surfaces.list_name,
            surfaces.other_list_name,
            {{ metric_label("kept.metric", "kept.k") }} as metric,
            kept.min_orders,
            kept.user_count,
            kept.mean_gain
        from kept
        inner join
            surfaces
            on kept.allow_repeat = surfaces.allow_repeat
            and kept.list_name = surfaces.list_name
            and kept.other_list_name = surfaces.other_list_name
    )

select *
from final
order by surface, metric
