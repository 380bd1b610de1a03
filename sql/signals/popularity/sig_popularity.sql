-- One row per eligible item that is shown anywhere: how many users took it, of late
-- and in all, and its rank.
-- score = the measure that var popularity picks, larger for new items by novelty_boost.
with
    takers as (select * from {{ ref("sig_item_takers") }}),
    reference as (select * from {{ ref("int_reference_time") }}),
    items as (select * from {{ ref("int_items") }}),
    {% if var("novelty_boost") > 0 %}
        ages as (select * from {{ ref("int_item_ages") }}),
    {% endif %}
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    counted as (select item_id, {{ popularity_counts() }} from takers group by item_id),

    -- guests alone may have taken an eligible item
    completed as (
        select
            items.item_id,
            items.item_index,
            items.user_count,
            items.basket_count,
            {% if var("novelty_boost") > 0 %} ages.age_days, {% endif %}
            reference.user_count as everyone,
            coalesce(counted.recent_count, 0) as recent_count,
            coalesce(counted.previous_count, 0) as previous_count,
            coalesce(counted.decayed_weight, 0) as decayed_weight
        from items
        cross join reference
        inner join
            scope_items
            on items.item_index = scope_items.item_index
            and scope_items.scope_index = 0
            and scope_items.is_eligible
        {% if var("novelty_boost") > 0 %}
            inner join ages on items.item_id = ages.item_id
        {% endif %}
        left join counted on items.item_id = counted.item_id
    ),

    measured as (
        select
            item_id,
            item_index,
            user_count,
            basket_count,
            {{ popularity_measures("everyone") }}
        from completed
    ),

    final as (
        select
            item_id,
            item_index,
            user_count,
            basket_count,
            user_share,
            recent_share,
            decayed_weight,
            trend,
            score,
            row_number() over (order by score desc, item_index) as popularity_rank
        from measured
    )

select *
from final
