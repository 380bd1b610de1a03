-- One row per (list_name, allow_repeat, user_id, k): NDCG where stronger items count
-- more.
-- gain = weight of a hit / log2(rank + 1), over that of the items taken in the order of
-- their weights. Järvelin and Kekäläinen 2002; exponential: 2^weight - 1 instead of
-- the weight (Burges et al. 2005), weights above 30 as 30.
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_metrics")
        | select("in", ["graded_ndcg", "exponential_ndcg"])
        | list
        | length
        > 0
    )
}}
with
    kinds as (select * from {{ ref("eval_kinds") }}),
    user_metrics as (select * from {{ ref("eval_user_metrics") }}),
    truth as (select * from {{ ref("eval_truth") }}),
    hits as (select * from {{ ref("eval_hits") }}),

    cutoffs as (select unnest({{ var("eval_cutoffs") }}) as k),

    scored as (select allow_repeat from kinds group by allow_repeat),

    placed as (
        select
            scored.allow_repeat,
            truth.user_id,
            truth.weight,
            row_number() over (
                partition by scored.allow_repeat, truth.user_id
                order by truth.weight desc, truth.item_id
            ) as place
        from truth
        inner join
            scored
            on {{ matches_allow_repeat("truth.is_repeat", "scored.allow_repeat") }}
    ),

    ideals as (
        select
            placed.allow_repeat,
            placed.user_id,
            cutoffs.k,
            {{ stable_sum("placed.weight / log2(placed.place + 1)") }} as ideal_gain,
            {{
                stable_sum(
                    "(power(2, least(placed.weight, 30)) - 1) / log2(placed.place + 1)"
                )
            }} as steep_ideal_gain
        from placed
        inner join cutoffs on placed.place <= cutoffs.k
        group by placed.allow_repeat, placed.user_id, cutoffs.k
    ),

    gained as (
        select
            hits.list_name,
            hits.allow_repeat,
            hits.user_id,
            cutoffs.k,
            {{ stable_sum("hits.weight / log2(hits.item_rank + 1)") }} as gain,
            {{
                stable_sum(
                    "(power(2, least(hits.weight, 30)) - 1) / log2(hits.item_rank + 1)"
                )
            }} as steep_gain
        from hits
        inner join cutoffs on hits.item_rank <= cutoffs.k
        group by hits.list_name, hits.allow_repeat, hits.user_id, cutoffs.k
    ),

    final as (
        select
            user_metrics.list_name,
            user_metrics.allow_repeat,
            user_metrics.user_id,
            user_metrics.k,
            coalesce(gained.gain, 0) / ideals.ideal_gain as graded_ndcg,
            coalesce(gained.steep_gain, 0) / ideals.steep_ideal_gain as exponential_ndcg
        from user_metrics
        inner join ideals using (allow_repeat, user_id, k)
        left join gained using (list_name, allow_repeat, user_id, k)
    )

select *
from final
