-- One row per (list_name, allow_repeat, user_id, k): ranking metrics of one user's
-- list.
-- Järvelin and Kekäläinen 2002 (NDCG, binary gain); formulas in seed
-- metric_definitions.
{{ config(enabled=var("as_of") is not none) }}
with
    lists as (select * from {{ ref("eval_lists") }}),
    truth as (select * from {{ ref("eval_truth") }}),
    hits as (select * from {{ ref("eval_hits") }}),
    ideals as (select * from {{ ref("eval_ideal_gains") }}),

    variants as (
        select list_name, allow_repeat from lists group by list_name, allow_repeat
    ),

    wanted as (
        select
            variants.list_name,
            variants.allow_repeat,
            truth.user_id,
            count(*) as truth_count
        from truth
        inner join
            variants
            on variants.allow_repeat = 'all'
            or truth.is_repeat = (variants.allow_repeat = 'repeat_only')
        group by variants.list_name, variants.allow_repeat, truth.user_id
    ),

    gained as (
        select
            wanted.list_name,
            wanted.allow_repeat,
            wanted.user_id,
            ideals.k,
            wanted.truth_count,
            ideals.ideal_gain,
            count(hits.item_id) as hit_count,
            coalesce(
                {{ stable_sum("hits.hit_number / cast(hits.item_rank as double)") }}, 0
            ) as precision_sum,
            coalesce(max(1 / cast(hits.item_rank as double)), 0) as reciprocal_rank,
            coalesce({{ stable_sum("1 / log2(hits.item_rank + 1)") }}, 0) as gain
        from wanted
        inner join ideals on ideals.relevant_count = least(wanted.truth_count, ideals.k)
        left join
            hits
            on wanted.list_name = hits.list_name
            and wanted.allow_repeat = hits.allow_repeat
            and wanted.user_id = hits.user_id
            and hits.item_rank <= ideals.k
        group by
            wanted.list_name,
            wanted.allow_repeat,
            wanted.user_id,
            ideals.k,
            wanted.truth_count,
            ideals.ideal_gain
    ),

    final as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            hit_count,
            truth_count,
            {{ ratio("hit_count", "k") }} as precision,
            {{ ratio("hit_count", "truth_count") }} as recall,
            cast(case when hit_count > 0 then 1 else 0 end as double) as hit_rate,
            precision_sum / least(truth_count, k) as average_precision,
            reciprocal_rank,
            gain / ideal_gain as ndcg
        from gained
    )

select *
from final
