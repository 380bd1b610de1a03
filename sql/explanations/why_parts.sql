-- One row per (user_id, item_id, candidate_source, part_rank): what a score is made of.
-- The explanation_items largest terms, and `others`, which completes the sum. A rest is
-- known by what there is to add, not by its size: near 0 that is a matter of last bits.
{% set most = var("explanation_items") | int %}
with
    shown as (select * from {{ ref("why_shown") }}),
    terms as (select * from {{ ref("why_terms") }}),

    ranked as (
        select
            *,
            row_number() over (
                partition by user_id, item_id, candidate_source
                order by contribution desc, reason_index
            ) as part_rank
        from terms
    ),

    summed as (
        select
            user_id,
            item_id,
            candidate_source,
            count(*) as term_count,
            {{
                stable_sum(
                    "case when part_rank <= " ~ most ~ " then contribution else 0 end"
                )
            }} as contribution
        from ranked
        group by user_id, item_id, candidate_source
    ),

    rests as (
        select
            shown.user_id,
            shown.item_id,
            shown.candidate_source,
            least(coalesce(summed.term_count, 0), {{ most }}) + 1 as part_rank,
            shown.score - coalesce(summed.contribution, 0) as contribution
        from shown
        left join
            summed
            on shown.user_id = summed.user_id
            and shown.item_id = summed.item_id
            and shown.candidate_source = summed.candidate_source
        where
            summed.term_count is null
            or summed.term_count > {{ most }}
            or shown.candidate_source = 'als'
    ),

    united as (
        select
            user_id,
            item_id,
            candidate_source,
            part_rank,
            part,
            reason_index,
            contribution,
            pair_count,
            lift,
            group_kind,
            group_name,
            user_share
        from ranked
        where part_rank <= {{ most }}
        union all
        select
            user_id,
            item_id,
            candidate_source,
            part_rank,
            'others',
            null,
            contribution,
            null,
            null,
            null,
            null,
            null
        from rests
    ),

    final as (
        select
            united.*,
            shown.score,
            {{ ratio("united.contribution", "shown.score") }} as contribution_share
        from united
        inner join
            shown
            on united.user_id = shown.user_id
            and united.item_id = shown.item_id
            and united.candidate_source = shown.candidate_source
    )

select *
from final
