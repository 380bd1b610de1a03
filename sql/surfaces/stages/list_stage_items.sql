-- One row per (surface, stage, user_id, item_id): what each stage of a surface
-- proposes.
-- source_rank counts what the surface allows: all items, new ones or repeats.
{{ config(materialized="view") }}
with
    candidates as (select * from {{ ref("list_candidates") }}),
    users as (select * from {{ ref("int_users") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    stages as (select * from {{ ref("list_stages") }}),
    {% if surfaces_use(["strategy"], "blend") == "yes" %}
        blends as (select * from {{ ref("list_blends") }}),
    {% endif %}
    {% if uses_mix() == "yes" %}
        mixes as (select * from {{ ref("list_mixes") }}),
    {% endif %}

    proposed as (
        select
            surface,
            user_id,
            item_id,
            candidate_source,
            lead_source,
            score,
            is_repeat,
            reason_item_id,
            kind_rank,
            item_rank
        from candidates
        {% if surfaces_use(["strategy"], "blend") == "yes" %}
            union all
            select
                surface,
                user_id,
                item_id,
                'blend',
                lead_source,
                score,
                is_repeat,
                reason_item_id,
                item_rank,
                item_rank
            from blends
        {% endif %}
        {% if uses_mix() == "yes" %}
            union all
            select
                surface,
                user_id,
                item_id,
                'mix',
                lead_source,
                score,
                is_repeat,
                reason_item_id,
                item_rank,
                item_rank
            from mixes
        {% endif %}
    ),

    final as (
        select
            stages.surface,
            stages.stage,
            proposed.user_id,
            proposed.item_id,
            proposed.candidate_source,
            proposed.lead_source,
            proposed.score,
            proposed.is_repeat,
            proposed.reason_item_id,
            case
                when surfaces.allow_repeat = 'all'
                then proposed.item_rank
                else proposed.kind_rank
            end as source_rank
        from proposed
        inner join users on proposed.user_id = users.user_id
        inner join
            stages
            on proposed.candidate_source = stages.candidate_source
            and users.order_count >= stages.min_orders
            and {{ meets_threshold("proposed.score", "stages.min_score") }}
        inner join
            surfaces
            on stages.surface = surfaces.surface
            and coalesce(
                proposed.surface = surfaces.surface, not surfaces.has_catalogue
            )
            and {{ matches_allow_repeat("proposed.is_repeat", "surfaces.allow_repeat") }}
    )

select *
from final
