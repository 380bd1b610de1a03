-- One row per (allow_repeat, user_id, k): what the best possible list would gain.
-- ideal_gain = sum over the first min(items taken, k) places of 1 / log2(place + 1);
-- graded, the items taken stand in the order of their weights and gain these.
{{ config(enabled=var("as_of") is not none) }}
with
    lists as (select * from {{ ref("eval_lists") }}),
    truth as (select * from {{ ref("eval_truth") }}),

    kinds as (select allow_repeat from lists group by allow_repeat),

    cutoffs as (select unnest({{ var("eval_cutoffs") }}) as k),

    placed as (
        select
            kinds.allow_repeat,
            truth.user_id,
            truth.is_newcomer,
            truth.weight,
            truth.item_weight,
            row_number() over (
                partition by kinds.allow_repeat, truth.user_id
                order by truth.weight desc, truth.popularity_place
            ) as place
        from truth
        inner join
            kinds
            on kinds.allow_repeat = 'all'
            or truth.is_repeat = (kinds.allow_repeat = 'repeat_only')
    ),

    final as (
        select
            placed.allow_repeat,
            placed.user_id,
            placed.is_newcomer,
            cutoffs.k,
            count(*) as truth_count,
            {{ stable_sum("placed.item_weight") }} as item_weight,
            {{
                stable_sum(
                    "case when placed.place <= cutoffs.k then "
                    ~ "1 / log2(placed.place + 1) else 0 end"
                )
            }} as ideal_gain,
            {{
                stable_sum(
                    "case when placed.place <= cutoffs.k then "
                    ~ "placed.weight / log2(placed.place + 1) else 0 end"
                )
            }} as ideal_graded_gain
        from placed
        cross join cutoffs
        group by placed.allow_repeat, placed.user_id, placed.is_newcomer, cutoffs.k
    )

select *
from final
