-- One row per staged event, with the reason it is not used or null where it is.
-- As int_line_checks; where a core is asked for, what is outside of it has its reason.
{{ config(materialized="view") }}
{% set has_core = var("core_min_items_per_user") or var("core_min_users_per_item") %}
with
    lines as (select * from {{ ref("int_line_checks") }}),
    {% if has_core %} core as (select * from {{ ref("int_core") }}), {% endif %}

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
            owner_key,
            {% if has_core %}
                case
                    when rejection_reason is not null
                    then rejection_reason
                    when
                        item_id not in (select item_id from core)
                        or user_id not in (select user_id from core)
                    then 'outside_core'
                end as rejection_reason
            {% else %} rejection_reason
            {% endif %}
        from lines
    )

select *
from final
