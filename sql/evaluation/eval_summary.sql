-- One row per (run_id, list_name, allow_repeat, segment, metric, k): quality in
-- figures.
-- metric_value = mean over users; interval = mean -/+ 1.96 standard errors.
{{ config(enabled=var("as_of") is not none, tags=["public"]) }}
with
    user_metrics as (select * from {{ ref("eval_user_metrics") }}),

    named as (
        {% for metric, column in [
            ("precision", "precision"),
            ("recall", "recall"),
            ("hit_rate", "hit_rate"),
            ("map", "average_precision"),
            ("mrr", "reciprocal_rank"),
            ("ndcg", "ndcg"),
        ] %}
            select
                list_name,
                allow_repeat,
                k,
                '{{ metric }}' as metric,
                {{ column }} as figure
            from user_metrics
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    summed as (
        select
            list_name,
            allow_repeat,
            metric,
            k,
            {{ stable_sum("figure") }} / count(*) as metric_value,
            {{ stable_sum("figure * figure") }} as square_sum,
            count(*) as user_count
        from named
        group by list_name, allow_repeat, metric, k
    ),

    bounded as (
        select
            *,
            coalesce(
                1.96 * sqrt(
                    greatest(square_sum - user_count * metric_value * metric_value, 0)
                    / nullif(user_count - 1, 0)
                    / user_count
                ),
                0
            ) as half_width
        from summed
    ),

    final as (
        select
            {{ text(invocation_id) }} as run_id,
            list_name,
            allow_repeat,
            'all users' as segment,
            metric,
            k,
            metric_value,
            greatest(metric_value - half_width, 0) as interval_low,
            least(metric_value + half_width, 1) as interval_high,
            user_count,
            {{ as_timestamp(var("as_of")) }} as as_of,
            {{ as_timestamp(run_started_at) }} as generated_at
        from bounded
    )

select *
from final
