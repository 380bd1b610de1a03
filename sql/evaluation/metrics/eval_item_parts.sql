-- One row per item: how popular it is among all that were sold.
-- Items in the order of their users: part 1 are those that begin in the first third of
-- all pairs of user and item, 2 in the second, 3 in the last; the tail begins after
-- 1 - eval_tail_share of the pairs (Abdollahpouri, Burke and Mobasher 2019).
{% set metrics = ["recall_of_popular", "recall_of_middle", "recall_of_rare"] %}
{% set metrics = metrics + ["aplt", "aclt", "pop_reo"] %}
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_metrics") | select("in", metrics) | list | length > 0
    )
}}
with
    items as (select * from {{ ref("int_items") }}),

    placed as (
        select
            item_id,
            sum(user_count) over (order by user_count desc, item_index)
            - user_count as pairs_before,
            sum(user_count) over () as pair_count
        from items
    ),

    final as (
        select
            item_id,
            case
                when 3 * pairs_before < pair_count
                then 1
                when 3 * pairs_before < 2 * pair_count
                then 2
                else 3
            end as part,
            pairs_before
            >= cast({{ 1 - var("eval_tail_share") | float }} as double)
            * pair_count as is_tail
        from placed
    )

select *
from final
