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
    shown as (select * from {{ ref("eval_shown_items") }}),
    items as (select * from {{ ref("int_items") }}),
    users as (select * from {{ ref("int_users") }}),
    {% if "repeat_share" in var("eval_metrics") %}
        user_items as (select * from {{ ref("int_user_items") }}),
    {% endif %}

    takers as (select sum(user_count) as pair_count from items),

    known as (select count(*) as user_count from users where order_count > 0),

    -- an item that nobody took counts as if one user had
    measured as (
        select
            shown.*,
            {% if "repeat_share" in var("eval_metrics") %}
                user_items.item_id is not null as is_repeat,
            {% endif %}
            log2(takers.pair_count / greatest(shown.user_count, 1)) as surprise,
            log2(known.user_count / greatest(shown.user_count, 1)) as rarity
        from shown
        cross join takers
        cross join known
        {% if "repeat_share" in var("eval_metrics") %}
            left join
                user_items
                on shown.user_id = user_items.user_id
                and shown.item_id = user_items.item_id
        {% endif %}
    ),

    final as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            {{ ratio("count(*)", "k") }} as list_fullness,
            {{ ratio("sum(user_count)", "count(*)") }} as popularity,
            {{ ratio(stable_sum("surprise"), "count(*)") }} as novelty,
            {{ ratio(stable_sum("rarity"), "count(*)") }} as inverse_user_frequency,
            -- the history of every user is looked up only where it is asked for
            {% if "repeat_share" in var("eval_metrics") %}
                {{ ratio("count(case when is_repeat then 1 end)", "count(*)") }}
                as repeat_share,
            {% else %} cast(null as double) as repeat_share,
            {% endif %}
            {{ ratio("count(case when is_new then 1 end)", "count(*)") }}
            as new_item_share
        from measured
        group by list_name, allow_repeat, user_id, k
    )

select *
from final
