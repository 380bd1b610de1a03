-- One row per accepted event of a known user in the holdout window; cleaned as the past
-- is, by the same steps as int_line_checks.
{{ config(enabled=var("as_of") is not none) }}
with
    events as (select * from {{ ref("stg_holdout_events") }}),

    validated as ({{ validated_lines("events") }}),

    deduplicated as ({{ deduplicated_lines("validated") }}),

    returnable as ({{ lines_with_returns("deduplicated") }}),

    balances as ({{ running_balances("returnable") }}),

    net as ({{ net_of_returns("returnable", "balances") }}),

    cleaned as ({{ cleaned_lines("net") }}),

    final as (
        select
            user_id,
            item_id,
            event_at,
            {{ line_weight() }} as event_weight,
            {{ is_taken() }} as is_taken,
            rating
        from cleaned
        where rejection_reason is null and user_id is not null
    )

select *
from final
