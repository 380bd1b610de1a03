-- One row per (list_name, allow_repeat, user_id, k): how unlike the texts of a list
-- are.
-- 1 - mean cosine of all pairs. The sum of vectors of length 1, squared, is their
-- number plus twice the cosines of all pairs. Ziegler et al. 2005, by text.
{{
    config(
        enabled=var("as_of") is not none
        and "content_diversity" in var("eval_metrics")
        and "content" in var("candidate_sources")
    )
}}
with
    shown as (select * from {{ ref("eval_shown_items") }}),
    term_weights as (select * from {{ ref("sig_item_term_weights") }}),

    weighed as (
        select
            shown.list_name,
            shown.allow_repeat,
            shown.user_id,
            shown.k,
            term_weights.term_index,
            {{ stable_sum("term_weights.weight") }} as weight,
            {{ stable_sum("term_weights.weight * term_weights.weight") }} as own_square
        from shown
        inner join term_weights on shown.item_index = term_weights.item_index
        group by
            shown.list_name,
            shown.allow_repeat,
            shown.user_id,
            shown.k,
            term_weights.term_index
    ),

    -- a list of which no item has a text has no term to add up
    summed as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            weight * weight - own_square as likeness,
            0 as item_count
        from weighed
        union all
        select list_name, allow_repeat, user_id, k, 0, count(*)
        from shown
        group by list_name, allow_repeat, user_id, k
    ),

    final as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            1
            - {{
                ratio(
                    stable_sum("likeness"),
                    "sum(item_count) * (sum(item_count) - 1)",
                )
            }} as content_diversity
        from summed
        group by list_name, allow_repeat, user_id, k
    )

select *
from final
