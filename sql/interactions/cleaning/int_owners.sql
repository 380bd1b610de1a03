-- One row per owner of raw lines, a user or a guest's basket: when the lines last
-- changed.
-- Changed: another number of lines, another sum of their keys, or another share of them
-- lies in the future. An owner whose lines are all gone stays, with none.
{{
    config(
        materialized="incremental",
        incremental_strategy="merge",
        unique_key="owner_key",
    )
}}
{% set now = as_timestamp(run_started_at) %}
with
    events as (select * from {{ ref("stg_events") }}),

    counted as (
        select
            owner_key,
            count(*) as line_count,
            count(case when event_at > {{ now }} then 1 end) as future_count,
            sum(cast(line_key as hugeint)) as line_checksum
        from events
        group by owner_key
    ),

    {% if is_incremental() %}
        known as (select * from {{ this }}),

        -- later than any before, whatever the clock says
        latest as (
            select greatest({{ now }}, max(changed_at) + to_seconds(1)) as changed_at
            from known
        ),

        final as (
            select
                coalesce(counted.owner_key, known.owner_key) as owner_key,
                coalesce(counted.line_count, 0) as line_count,
                coalesce(counted.future_count, 0) as future_count,
                coalesce(counted.line_checksum, 0) as line_checksum,
                latest.changed_at
            from counted
            full join known on counted.owner_key = known.owner_key
            cross join latest
            where
                known.owner_key is null
                or coalesce(counted.line_count, 0) <> known.line_count
                or coalesce(counted.future_count, 0) <> known.future_count
                or coalesce(counted.line_checksum, 0) <> known.line_checksum
        )
    {% else %} final as (select *, {{ now }} as changed_at from counted)
    {% endif %}

select *
from final
