-- One row per (list_name, allow_repeat, k): are popular and rare items found alike?
-- pop_reo = standard deviation / mean, over head and tail, of hits / items taken of the
-- group, by all users: popularity-based ranking-based equal opportunity, Zhu, Wang and
-- Caverlee 2020. 0: alike; 1: one of the two is never found.
{{ config(enabled=var("as_of") is not none and "pop_reo" in var("eval_metrics")) }}
with
    user_metrics as (select * from {{ ref("eval_user_metrics") }}),
    truth as (select * from {{ ref("eval_truth") }}),
    hits as (select * from {{ ref("eval_hits") }}),
    item_parts as (select * from {{ ref("eval_item_parts") }}),

    taken as (
        select
            truth.user_id,
            truth.item_id,
            truth.is_repeat,
            coalesce(item_parts.is_tail, true) as is_tail
        from truth
        left join item_parts on truth.item_id = item_parts.item_id
    ),

    found as (
        select
            user_metrics.list_name,
            user_metrics.allow_repeat,
            user_metrics.k,
            taken.is_tail,
            {{ ratio("count(hits.item_id)", "count(*)") }} as chance
        from user_metrics
        inner join
            taken
            on user_metrics.user_id = taken.user_id
            and
            {{ matches_allow_repeat("taken.is_repeat", "user_metrics.allow_repeat") }}
        left join
            hits
            on user_metrics.list_name = hits.list_name
            and user_metrics.allow_repeat = hits.allow_repeat
            and user_metrics.user_id = hits.user_id
            and taken.item_id = hits.item_id
            and hits.item_rank <= user_metrics.k
        group by
            user_metrics.list_name,
            user_metrics.allow_repeat,
            user_metrics.k,
            taken.is_tail
    ),

    final as (
        select
            list_name,
            allow_repeat,
            k,
            -- of two numbers the deviation is half their distance
            {{ ratio("(max(chance) - min(chance)) / 2", "sum(chance) / 2") }} as pop_reo
        from found
        group by list_name, allow_repeat, k
        having count(*) = 2
    )

select *
from final
