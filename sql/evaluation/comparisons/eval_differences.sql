-- One row per (fold, allow_repeat, metric, k, list_name, other_list_name, user_id): how
-- much better one list is than another, for a user who has figures of both.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    figures as (select * from {{ ref("eval_user_figures") }}),
    definitions as (select * from {{ ref("metric_definitions") }}),

    compared as (
        select
            figures.*,
            case when definitions.higher_is_better then 1 else -1 end as direction
        from figures
        inner join definitions on figures.metric = definitions.metric
        where
            figures.metric in (
                {% for metric in var("eval_compared_metrics") %}
                    {{ text(metric) }} {% if not loop.last %}, {% endif %}
                {% endfor %}
            )
    ),

    final as (
        select
            compared.fold,
            compared.allow_repeat,
            compared.metric,
            compared.k,
            compared.list_name,
            others.list_name as other_list_name,
            compared.user_id,
            -- equal to 12 digits is equal: tests of ranks count ties
            floor(
                compared.direction * (compared.figure - others.figure) * 1000000000000
                + 0.5
            )
            / 1000000000000 as difference
        from compared
        inner join
            compared as others
            on compared.fold = others.fold
            and compared.allow_repeat = others.allow_repeat
            and compared.metric = others.metric
            and compared.k = others.k
            and compared.user_id = others.user_id
            and compared.list_name < others.list_name
    )

select *
from final
