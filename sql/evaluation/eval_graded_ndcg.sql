-- One row per (list_name, allow_repeat, user_id, k): NDCG where stronger items count
-- more.
-- gain = weight of a hit / log2(rank + 1), over that of the items taken in the order of
-- their weights. Järvelin and Kekäläinen 2002.
{{ config(enabled=var("as_of") is not none and "graded_ndcg" in var("eval_metrics")) }}
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
        inner join scored on {{ is_of_kind("truth.is_repeat", "scored.allow_repeat") }}
    ),

    ideals as (
        select
            placed.allow_repeat,
            placed.user_id,
            cutoffs.k,
            {{ stable_sum("placed.weight / log2(placed.place + 1)") }} as ideal_gain
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
            {{ stable_sum("hits.weight / log2(hits.item_rank + 1)") }} as gain
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
            coalesce(gained.gain, 0) / ideals.ideal_gain as graded_ndcg
        from user_metrics
        inner join
            ideals
            on user_metrics.allow_repeat = ideals.allow_repeat
            and user_metrics.user_id = ideals.user_id
            and user_metrics.k = ideals.k
        left join
            gained
            on user_metrics.list_name = gained.list_name
            and user_metrics.allow_repeat = gained.allow_repeat
            and user_metrics.user_id = gained.user_id
            and user_metrics.k = gained.k
    )

select *
from final
