-- One row per (user_id, surface, slot_rank) that explores: the rank that is drawn for
-- it, from `among` items after the list, by a hash of salt, user and day of the
-- serving clock. Each slot draws from items of its own. propensity = 1 / items drawn
-- from.
{{ config(enabled=surfaces_use(["explore"]) == "yes") }}
with
    placed as (select * from {{ ref("list_placed") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    serving as (select * from {{ ref("int_serving_time") }}),

    slots as (
        select
            surface,
            cast(null as bigint) as slot_number,
            list_length as slot_rank,
            surface as salt
        from surfaces
        where false
        {% for surface in var("surfaces") if surface.get("explore") %}
            {% for rank in surface["explore"]["at"] %}
                union all
                select
                    {{ text(surface["name"]) }},
                    {{ loop.index0 }},
                    {{ rank }},
                    {{ text(surface["explore"].get("salt") or surface["name"]) }}
            {% endfor %}
        {% endfor %}
    ),

    sized as (
        select user_id, surface, count(*) as item_count
        from placed
        group by user_id, surface
    ),

    offered as (
        select
            sized.user_id,
            sized.surface,
            slots.slot_rank,
            surfaces.list_length
            + slots.slot_number * surfaces.explore_among as ranks_before,
            least(
                surfaces.explore_among,
                sized.item_count
                - surfaces.list_length
                - slots.slot_number * surfaces.explore_among
            ) as choice_count,
            {{
                hash_share(
                    "concat(slots.salt, ':', cast(slots.slot_rank as varchar), ':', "
                    ~ "cast(sized.user_id as varchar), ':', "
                    ~ "cast(cast(serving.shown_at as date) as varchar))"
                )
            }} as bucket
        from sized
        cross join serving
        inner join surfaces on sized.surface = surfaces.surface
        inner join
            slots
            on sized.surface = slots.surface
            and slots.slot_rank <= surfaces.list_length
    ),

    final as (
        select
            user_id,
            surface,
            cast(slot_rank as bigint) as slot_rank,
            cast(
                ranks_before + 1 + floor(bucket * choice_count) as bigint
            ) as drawn_rank,
            {{ ratio("1", "choice_count") }} as propensity
        from offered
        where choice_count > 0
    )

select *
from final
