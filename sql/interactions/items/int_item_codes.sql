-- One row per item that ever had an event: a number that it keeps.
-- From 0, by item_id in a first build, then as items come. item_index is new each time.
{{ config(materialized=incremental_materialization(), incremental_strategy="append") }}
with
    owner_items as (select * from {{ ref("int_owner_items") }}),

    taken as (
        select item_id, max(refreshed_at) as refreshed_at
        from owner_items
        {% if is_incremental() %}
            where
                refreshed_at > {{ last_refresh(this) }}
                and item_id not in (select item_id from {{ this }})
        {% endif %}
        group by item_id
    ),

    final as (
        select
            item_id,
            cast(
                row_number() over (order by item_id) - 1
                {% if is_incremental() %}
                    + (select count(*) from {{ this }})
                {% endif %} as integer
            ) as item_code,
            refreshed_at
        from taken
    )

select *
from final
