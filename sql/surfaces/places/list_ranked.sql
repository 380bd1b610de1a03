-- One row per (user_id, surface, item_rank): what a surface shows a user, and what it
-- would show next; a drawn item changes places with the one of its slot.
-- propensity: the chance that the item stands where it does.
{{ config(materialized="view") }}
{% set explores = surfaces_use(["explore"]) == "yes" %}
with
    placed as (select * from {{ ref("list_placed") }}),
    {% if explores %} drawn as (select * from {{ ref("list_explored") }}), {% endif %}

    final as (
        select
            placed.user_id,
            placed.surface,
            placed.item_id,
            placed.candidate_source,
            placed.lead_source,
            placed.score,
            placed.is_repeat,
            placed.reason_item_id,
            {% if explores %}
                case
                    when gained.drawn_rank is not null
                    then 'exploration'
                    else placed.placed_by
                end as placed_by,
                coalesce(
                    gained.slot_rank, lost.drawn_rank, placed.item_rank
                ) as item_rank,
                coalesce(gained.propensity, 1) as propensity
            {% else %}
                placed.placed_by, placed.item_rank, cast(1 as double) as propensity
            {% endif %}
        from placed
        {% if explores %}
            left join
                drawn as gained
                on placed.user_id = gained.user_id
                and placed.surface = gained.surface
                and placed.item_rank = gained.drawn_rank
            left join
                drawn as lost
                on placed.user_id = lost.user_id
                and placed.surface = lost.surface
                and placed.item_rank = lost.slot_rank
        {% endif %}
    )

select *
from final
