-- One row per staged event, with the reason it is not used or null where it is.
-- A return cancels the latest units still held: S = the running balance, reflected at
-- 0;
-- of a purchase i stays what is left of min over t >= i of S_t above S_(i-1).
{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="owner_key",
        post_hook=delete_gone(),
    )
}}
with
    owners as (select * from {{ ref("int_owners") }}),
    {% if is_incremental() %}
        changed as ({{ changed_owners("owners", this) }}),
    {% endif %}

    events as (
        select *
        from {{ ref("stg_events") }}
        {% if is_incremental() %}
            where owner_key in (select owner_key from changed)
        {% endif %}
    ),

    latest as (select max(changed_at) as refreshed_at from owners),

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
            unreadable_column,
            unreadable_text,
            event_type,
            basket_id,
            quantity,
            amount,
            rating,
            region,
            event_id,
            rejection_reason,
            owner_key,
            refreshed_at
            {{ rows_or_gone("settled", "owner_key", "changed") }}
    )

select *
from final
