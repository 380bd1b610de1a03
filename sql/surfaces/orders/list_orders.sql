-- One row per (user_id, surface, item_id): a pool after rules, variants and caps.
-- item_place is null for what is left out; what caps hold back comes last.
{% set capped = surfaces_use(["max_per"]) == "yes" %}
{{ config(enabled=surfaces_move() == "yes") }}
with
    ruled as (select * from {{ ref("list_ruled") }}),
    {% if capped %} held as (select * from {{ ref("list_capped") }}), {% endif %}

    marked as (
        select
            ruled.*,
            {% if capped %} held.item_id is not null
            {% else %} false
            {% endif %} as is_capped
        from ruled
        {% if capped %}
            left join
                held
                on ruled.user_id = held.user_id
                and ruled.surface = held.surface
                and ruled.item_id = held.item_id
        {% endif %}
    ),

    final as (
        select
            user_id,
            surface,
            item_id,
            candidate_source,
            lead_source,
            score,
            is_repeat,
            reason_item_id,
            plain_rank,
            hide_number,
            move_number,
            move_factor,
            left_out,
            is_capped,
            case
                when left_out is null
                then
                    row_number() over (
                        partition by user_id, surface
                        order by left_out is not null, is_capped, place, plain_rank
                    )
            end as item_place
        from marked
    )

select *
from final
