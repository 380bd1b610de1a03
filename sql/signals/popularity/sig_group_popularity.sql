-- One row per (group_kind, group_name, item): an item's users within one group of
-- users.
-- Only what may be shown: in a region, what is available there.
-- score = the measure that var popularity picks, as in sig_popularity.
with
    takers as (select * from {{ ref("sig_item_takers") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    {% if var("novelty_boost") > 0 %}
        ages as (select * from {{ ref("int_item_ages") }}),
    {% endif %}
    scopes as (select * from {{ ref("elig_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    grouped as (
        select
            users.group_kind,
            users.group_name,
            takers.item_id,
            takers.weight,
            takers.is_recent,
            takers.is_previous
        from takers
        inner join users on takers.user_id = users.user_id
        where users.group_kind is not null
    ),

    counted as (
        select group_kind, group_name, item_id, {{ popularity_counts() }}
        from grouped
        group by group_kind, group_name, item_id
    ),

    sized as (
        select group_kind, group_name, count(*) as group_size
        from users
        where group_kind is not null and order_count > 0
        group by group_kind, group_name
    ),

    completed as (
        select
            counted.*,
            items.item_index,
            {% if var("novelty_boost") > 0 %} ages.age_days, {% endif %}
            sized.group_size
        from counted
        inner join
            sized
            on counted.group_kind = sized.group_kind
            and counted.group_name = sized.group_name
        inner join items on counted.item_id = items.item_id
        {% if var("novelty_boost") > 0 %}
            inner join ages on items.item_id = ages.item_id
        {% endif %}
        left join
            scopes
            on scopes.user_id is null
            and counted.group_kind = 'region'
            and counted.group_name = scopes.region
        inner join
            scope_items
            on coalesce(scopes.scope_index, 0) = scope_items.scope_index
            and items.item_index = scope_items.item_index
    ),

    measured as (
        select
            group_kind,
            group_name,
            item_id,
            item_index,
            user_count,
            {{ popularity_measures("group_size") }}
        from completed
    ),

    final as (
        select
            group_kind,
            group_name,
            item_id,
            item_index,
            user_count,
            user_share,
            recent_share,
            decayed_weight,
            trend,
            score,
            row_number() over (
                partition by group_kind, group_name order by score desc, item_index
            ) as popularity_rank
        from measured
    )

select *
from final
