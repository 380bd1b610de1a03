-- Every metric of every user lies in [0, 1].
{{ config(enabled=var("as_of") is not none) }}
with
    user_metrics as (select * from {{ ref("eval_user_metrics") }}),

    final as (
        select
            concat(
                'a metric of list ',
                list_name,
                ' (',
                allow_repeat,
                ') for a user',
                ' is outside [0, 1]; an item is listed or counted twice'
            ) as problem,
            user_id
        from user_metrics
        where
            least(precision, recall, average_precision, reciprocal_rank, ndcg) < 0
            or least(f1, r_precision, weighted_recall, serendipity) < 0
            -- sums of doubles may end a rounding error above 1
            or greatest(precision, recall, average_precision, reciprocal_rank, ndcg)
            > 1 + 1e-9
            or greatest(f1, r_precision, weighted_recall, serendipity) > 1 + 1e-9
    )

select *
from final
