-- One row per (user_id, item_id) taken in the holdout window; cleaned as the past is,
-- by the same steps as int_line_checks.
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
            min(event_at) as first_at,
            count(*) as event_count,
            {{ stable_sum(line_weight()) }} as weight,
            {{ ratio(stable_sum("rating"), "count(rating)") }} as rating
        from settled
        where
            rejection_reason is null and user_id is not null and {{ line_weight() }} > 0
        group by user_id, item_id
    )

select *
from final
