-- One row per (user_id, surface, item_id): the personal sources of a mix as one order.
-- Batches come in the order of their chance (rank_batch_scores); an item where it comes
-- first. score = the chance of its batch.
{{ config(enabled=uses_mix() == "yes") }}
with
    candidates as (select * from {{ ref("list_candidates") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    parts as (select * from {{ ref("list_parts") }}),
    users as (select * from {{ ref("int_users") }}),
    batches as (select * from {{ ref("rank_batch_scores") }}),

    allowed as (
        select
            candidates.user_id,
            candidates.item_id,
            candidates.candidate_source,
            candidates.is_repeat,
            candidates.reason_item_id,
            surfaces.surface,
            surfaces.allow_repeat,
            parts.place,
            users.user_index,
            case
                when surfaces.allow_repeat = 'all'
                then candidates.item_rank
                else candidates.kind_rank
            end as source_rank
        from candidates
        inner join users on candidates.user_id = users.user_id
        inner join parts on candidates.candidate_source = parts.candidate_source
        inner join
            surfaces
            on parts.surface = surfaces.surface
            and surfaces.strategy = 'mix'
            and coalesce(
                candidates.surface = surfaces.surface, not surfaces.has_catalogue
            )
            and
            {{ matches_allow_repeat("candidates.is_repeat", "surfaces.allow_repeat") }}
        where {{ meets_threshold("candidates.score", "parts.min_score") }}
    ),

    chanced as (
        select
            allowed.*,
            coalesce(batches.chance, 0) as chance,
            row_number() over (
                partition by allowed.user_id, allowed.surface, allowed.item_id
                order by
                    coalesce(batches.chance, 0) desc, allowed.place, allowed.source_rank
            ) as mention
        from allowed
        left join
            batches
            on allowed.user_index = batches.user_index
            and allowed.allow_repeat = batches.allow_repeat
            and allowed.candidate_source = batches.candidate_source
            and ceil(allowed.source_rank / {{ var("mix_batch") | float }})
            = batches.batch
    ),

    final as (
        select
            user_id,
            surface,
            item_id,
            candidate_source as lead_source,
            chance as score,
            is_repeat,
            reason_item_id,
            row_number() over (
                partition by user_id, surface order by chance desc, place, source_rank
            ) as item_rank
        from chanced
        where mention = 1
    )

select *
from final
