-- One row per (user_index, allow_repeat, candidate_source, batch): what is known of the
-- next items of a source before they are looked at: of the user and the source.
{{ config(enabled=uses_mix() == "yes") }}
with
    batch_items as (select * from {{ ref("rank_batch_items") }}),
    users as (select * from {{ ref("rank_users") }}),

    counted as (
        select
            user_index,
            allow_repeat,
            candidate_source,
            batch,
            count(*) as batch_items,
            {{ stable_sum("score") }} / count(*) as batch_score,
            {{ ratio("count(case when is_repeat then 1 end)", "count(*)") }}
            as batch_repeat_share
        from batch_items
        group by user_index, allow_repeat, candidate_source, batch
    ),

    final as (
        select
            counted.user_index,
            counted.allow_repeat,
            counted.candidate_source,
            counted.batch,
            cast(
                row_number() over (
                    partition by counted.user_index
                    order by
                        counted.allow_repeat, counted.candidate_source, counted.batch
                ) as integer
            ) as batch_number,
            counted.batch_items,
            counted.batch_score,
            counted.batch_repeat_share,
            case
                when counted.allow_repeat = 'new_only' then 1 else 0
            end as is_new_only,
            case
                when counted.allow_repeat = 'repeat_only' then 1 else 0
            end as is_repeat_only,
            users.order_count,
            users.recent_orders,
            users.days_since_order,
            users.user_item_count,
            users.user_repeat_share
            {% for source in var("candidate_sources") %}
                ,
                case
                    when counted.candidate_source = '{{ source }}' then 1 else 0
                end as is_{{ source }}
            {% endfor %}
        from counted
        left join users on counted.user_index = users.user_index
    )

select *
from final
