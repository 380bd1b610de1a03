-- One row per staged event, with the reason it is not used or null where it is.
-- A return cancels the latest units still held. S = the running balance, kept at 0 or
-- above; of a purchase i stays what is left of min over t >= i of S_t above S_(i-1).
{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="owner_key",
        post_hook=delete_removals(),
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
            {{ rows_and_removals("cleaned", "latest", "owner_key", "changed") }}
    )

select *
from final
