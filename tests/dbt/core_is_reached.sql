-- The rounds were enough: no user and no item of the core has too few of the other.
{% set has_core = var("core_min_items_per_user") or var("core_min_users_per_item") %}
{{ config(enabled=has_core > 0) }}
with
    core as (select * from {{ ref("int_core") }}),

    users as (select user_id, count(*) as item_count from core group by user_id),

    counted as (
        select
            count(*) as user_count,
            count(
                case
                    when item_count < {{ var("core_min_items_per_user") | int }} then 1
                end
            ) as too_rare_count
        from users
    ),

    final as (
        select
            concat(
                cast(too_rare_count as varchar),
                ' of ',
                cast(user_count as varchar),
                ' users have too few items after {{ var("core_rounds") | int }} rounds; ',
                'raise var core_rounds'
            ) as problem
        from counted
        where too_rare_count > 0
    )

select *
from final
