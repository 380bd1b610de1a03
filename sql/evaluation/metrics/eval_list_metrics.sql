-- One row per (list_name, allow_repeat, user_id, k): what a list holds, hit or not.
-- Vargas and Castells 2011 (novelty); all formulas in seed metric_definitions.
{% set metrics = [
    "list_fullness",
    "popularity",
    "novelty",
    "inverse_user_frequency",
    "repeat_share",
    "new_item_share",
] %}
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_metrics") | select("in", metrics) | list | length > 0
    )
}}
with
    lists as (select * from {{ ref("eval_lists") }}),
    items as (select * from {{ ref("int_items") }}),
    users as (select * from {{ ref("int_users") }}),
    {% if "repeat_share" in var("eval_metrics") %}
        user_items as (select * from {{ ref("int_user_items") }}),
    {% endif %}

    cutoffs as (select unnest({{ var("eval_cutoffs") }}) as k),

    takers as (select sum(user_count) as pair_count from items),

    known as (select count(*) as user_count from users where event_count > 0),

    -- an item that nobody took counts as if one user had
    measured as (
        select
            items.item_id,
            items.user_count,
            items.is_new,
            log2(
                greatest(takers.pair_count, 1) / greatest(items.user_count, 1)
            ) as self_information,
            log2(known.user_count / greatest(items.user_count, 1)) as rarity
        from items
        cross join takers
        cross join known
    ),

    final as (
        select
            lists.list_name,
            lists.allow_repeat,
            lists.user_id,
            cutoffs.k,
            {{ ratio("count(*)", "cutoffs.k") }} as list_fullness,
            {{ ratio("sum(measured.user_count)", "count(*)") }} as popularity,
            {{
                if_metric_enabled(
                    "novelty",
                    ratio(stable_sum("measured.self_information"), "count(*)"),
                )
            }} as novelty,
            {{
                if_metric_enabled(
                    "inverse_user_frequency",
                    ratio(stable_sum("measured.rarity"), "count(*)"),
                )
            }} as inverse_user_frequency,
            {{
                if_metric_enabled(
                    "repeat_share",
                    ratio(
                        "count(case when " ~ is_repeat("user_items") ~ " then 1 end)",
                        "count(*)",
                    ),
                )
            }} as repeat_share,
            {{
                if_metric_enabled(
                    "new_item_share",
                    ratio("count(case when measured.is_new then 1 end)", "count(*)"),
                )
            }} as new_item_share
        from lists
        inner join cutoffs on lists.item_rank <= cutoffs.k
        inner join measured on lists.item_id = measured.item_id
        -- the history of every user is looked up only where it is asked for
        {% if "repeat_share" in var("eval_metrics") %}
            left join
                user_items
                on lists.user_id = user_items.user_id
                and lists.item_id = user_items.item_id
        {% endif %}
        group by lists.list_name, lists.allow_repeat, lists.user_id, cutoffs.k
    )

select *
from final
