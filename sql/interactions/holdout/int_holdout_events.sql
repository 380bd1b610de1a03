-- One row per accepted event of a known user in the holdout window; cleaned as the past
-- is, by the same steps as int_line_checks.
{{ config(enabled=var("as_of") is not none) }}
with
    events as (select * from {{ ref("stg_holdout_events") }}),

    checked as ({{ checked_lines("events") }}),

    merged as ({{ merged_lines("checked") }}),

    marked as ({{ marked_lines("merged") }}),

    held as ({{ held_lines("marked") }}),

    netted as ({{ netted_lines("marked", "held") }}),

    settled as ({{ settled_lines("netted") }}),

    final as (
        select
            user_id,
            item_id,
            event_at,
            {{ line_weight() }} as event_weight,
            {{ is_taken() }} as is_taken,
            rating
        from settled
        where rejection_reason is null and user_id is not null
    )

select *
from final
