-- One row per (user_id, surface): a list that is shorter than the surface's length.
-- reason: the first of eligible, repeats, rules and sources that left too few items.
with
    lengths as (select * from {{ ref("mon_list_lengths") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (select * from {{ ref("elig_exclusions") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    short as (select * from lengths where item_count < list_length),

    offered as (
        select scope_index, count(*) as item_count from scope_items group by scope_index
    ),

    excluded as (
        select short.user_id, short.surface, count(*) as item_count
        from short
        inner join exclusions on short.user_id = exclusions.user_id
        inner join
            scope_items
            on short.scope_index = scope_items.scope_index
            and exclusions.item_id = scope_items.item_id
        group by short.user_id, short.surface
    ),

    repeated as (
        select short.user_id, short.surface, count(*) as item_count
        from short
        inner join user_items on short.user_id = user_items.user_id
        inner join
            scope_items
            on short.scope_index = scope_items.scope_index
            and user_items.item_id = scope_items.item_id
        left join
            exclusions
            on user_items.user_id = exclusions.user_id
            and user_items.item_id = exclusions.item_id
        where exclusions.item_id is null and {{ surface_repeat("short", "user_items") }}
        group by short.user_id, short.surface
    ),

    counted as (
        select
            short.*,
            coalesce(offered.item_count, 0)
            - coalesce(excluded.item_count, 0) as eligible_count,
            coalesce(repeated.item_count, 0) as repeat_count
        from short
        left join offered on short.scope_index = offered.scope_index
        left join
            excluded
            on short.user_id = excluded.user_id
            and short.surface = excluded.surface
        left join
            repeated
            on short.user_id = repeated.user_id
            and short.surface = repeated.surface
    ),

    final as (
        select
            user_id,
            surface,
            allow_repeat,
            list_length,
            item_count,
            case
                when eligible_count < list_length
                then 'eligible'
                when
                    case
                        allow_repeat
                        when 'all'
                        then eligible_count
                        when 'new_only'
                        then eligible_count - repeat_count
                        else repeat_count
                    end
                    < list_length
                then 'repeats'
                when pool_count >= list_length
                then 'rules'
                else 'sources'
            end as reason
        from counted
    )

select *
from final
