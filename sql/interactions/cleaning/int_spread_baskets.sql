-- One row per (owner_key, basket_id): baskets whose lines lie more than max_basket_days
-- apart, such as an order number that was used again a year later.
{% set most = var("max_basket_days") %}
with
    lines as (select * from {{ ref("int_event_checks") }}),

    measured as (
        select
            owner_key,
            basket_id,
            count(*) as line_count,
            {{ days_between("min(event_at)", "max(event_at)") }} as days
        from lines
        where rejection_reason is null and basket_id is not null
        group by owner_key, basket_id
    ),

    final as (
        select owner_key, basket_id, line_count, days
        from measured
        where {{ "false" if most is none else "days > " ~ (most | float) }}
    )

select *
from final
