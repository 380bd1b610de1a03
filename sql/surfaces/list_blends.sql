-- One row per (user_id, surface, item_id): the personal sources of a blend as one
-- order.
-- score = sum of weight / (rrf_constant + rank) (Cormack, Clarke and Buettcher 2009),
-- or with blend_by score of weight * the score, scaled to 0..1 per user and source.
{{ config(enabled=surfaces_use(["strategy"], "blend") == "yes") }}
with
    candidates as (select * from {{ ref("list_candidates") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    parts as (select * from {{ ref("list_parts") }}),
    items as (select * from {{ ref("int_items") }}),

    allowed as (
        select
            candidates.user_id,
            candidates.item_id,
            candidates.candidate_source,
            candidates.score,
            candidates.is_repeat,
            candidates.reason_item_id,
            surfaces.surface,
            surfaces.blend_by,
            parts.place,
            parts.weight,
            case
                when surfaces.allow_repeat = 'all'
                then candidates.item_rank
                else candidates.kind_rank
            end as source_rank,
            min(candidates.score) over (
                partition by
                    surfaces.surface, candidates.user_id, candidates.candidate_source
            ) as lowest,
            max(candidates.score) over (
                partition by
                    surfaces.surface, candidates.user_id, candidates.candidate_source
            ) as highest
        from candidates
        inner join parts on candidates.candidate_source = parts.candidate_source
        inner join
            surfaces
            on parts.surface = surfaces.surface
            and surfaces.strategy = 'blend'
            and coalesce(
                candidates.surface = surfaces.surface, not surfaces.has_catalogue
            )
            and {{ is_of_kind("candidates.is_repeat", "surfaces.allow_repeat") }}
        where {{ reaches("candidates.score", "parts.min_score") }}
    ),

    weighed as (
        select
            *,
            weight * case
                when blend_by = 'rank'
                then 1 / cast({{ var("rrf_constant") | float }} + source_rank as double)
                when highest > lowest
                then (score - lowest) / (highest - lowest)
                else 1
            end as part
        from allowed
    ),

    blended as (
        select
            user_id,
            surface,
            item_id,
            {{ stable_sum("part") }} as score,
            bool_or(is_repeat) as is_repeat,
            arg_max(candidate_source, (part, - place)) as lead_source,
            arg_max(reason_item_id, (part, - place)) as reason_item_id
        from weighed
        group by user_id, surface, item_id
    ),

    final as (
        select
            blended.user_id,
            blended.surface,
            blended.item_id,
            blended.lead_source,
            blended.score,
            blended.is_repeat,
            blended.reason_item_id,
            row_number() over (
                partition by blended.user_id, blended.surface
                order by blended.score desc, items.item_index
            ) as item_rank
        from blended
        inner join items on blended.item_id = items.item_id
    )

select *
from final
