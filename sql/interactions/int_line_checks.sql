-- One row per staged event, with the reason it is not used or null where it is.
-- A return cancels the latest units still held: S = the running balance, reflected at
-- 0;
-- of a purchase i stays what is left of min over t >= i of S_t above S_(i-1).
with
    events as (select * from {{ ref("stg_events") }}),

    checked as ({{ checked_lines("events") }}),

    merged as ({{ merged_lines("checked") }}),

    marked as ({{ marked_lines("merged") }}),

    held as ({{ held_lines("marked") }}),

    netted as ({{ netted_lines("marked", "held") }}),

    final as ({{ settled_lines("netted") }})

select *
from final
