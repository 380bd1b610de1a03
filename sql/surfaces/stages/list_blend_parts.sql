-- One row per (user_id, surface, item_id, candidate_source): what each personal source
-- of a blend says of an item, before weights.
-- amount = 1 / (rrf_constant + rank) (Cormack, Clarke and Buettcher 2009), or with
-- blend_by score the score, scaled to 0..1 per user and source.
{{
    config(
        enabled=surfaces_use(["strategy"], "blend") == "yes",
        materialized="view",
    )
}}
with
    candidates as (select * from {{ ref("list_candidates") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    parts as (select * from {{ ref("list_parts") }}),

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
            and
            {{ matches_allow_repeat("candidates.is_repeat", "surfaces.allow_repeat") }}
        where {{ meets_threshold("candidates.score", "parts.min_score") }}
    ),

    final as (
        select
            user_id,
            surface,
            item_id,
            candidate_source,
            is_repeat,
            reason_item_id,
            place,
            weight,
            case
                when blend_by = 'rank'
                then 1 / cast({{ var("rrf_constant") | float }} + source_rank as double)
                when highest > lowest
                then (score - lowest) / (highest - lowest)
                else 1
            end as amount
        from allowed
    )

select *
from final
