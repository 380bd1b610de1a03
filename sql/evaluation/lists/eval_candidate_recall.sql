-- One row per (candidate_source, allow_repeat): how much of what users took is among
-- the candidates at all, of each source and of all together. Of the rest no list could
-- hold one part; the other is lost by candidates_per_user against scoring all there is.
{{ config(enabled=var("as_of") is not none) }}
with
    candidates as (select * from {{ ref("cand_all") }}),
    truth as (select * from {{ ref("eval_truth") }} where not is_newcomer),

    kinds as (
        select 'all' as allow_repeat
        union all
        select 'new_only'
        union all
        select 'repeat_only'
    ),

    sources as (
        select 'all sources' as candidate_source
        {% for source in var("candidate_sources") %}
            union all
            select {{ text(source) }}
        {% endfor %}
    ),

    proposed as (
        select candidate_source, user_id, item_id
        from candidates
        union all
        select 'all sources', user_id, item_id
        from candidates
        group by user_id, item_id
    ),

    counted as (
        select
            sources.candidate_source,
            kinds.allow_repeat,
            truth.user_id,
            cast(count(*) as double) as truth_count,
            count(proposed.item_id) as found_count,
            count(
                case when proposed.item_id is null then truth.unlistable_because end
            ) as unlistable_count
        from truth
        cross join sources
        inner join
            kinds on {{ matches_allow_repeat("truth.is_repeat", "kinds.allow_repeat") }}
        left join
            proposed
            on sources.candidate_source = proposed.candidate_source
            and truth.user_id = proposed.user_id
            and truth.item_id = proposed.item_id
        group by sources.candidate_source, kinds.allow_repeat, truth.user_id
    ),

    averaged as (
        select
            candidate_source,
            allow_repeat,
            count(*) as user_count,
            {{ stable_sum("found_count / truth_count") }}
            / count(*) as candidate_recall,
            {{ stable_sum("unlistable_count / truth_count") }}
            / count(*) as unlistable_share
        from counted
        group by candidate_source, allow_repeat
    ),

    final as (
        select
            candidate_source,
            allow_repeat,
            user_count,
            candidate_recall,
            unlistable_share,
            greatest(1 - candidate_recall - unlistable_share, 0) as lost_recall,
            {{ text(invocation_id) }} as run_id,
            {{ as_timestamp(var("as_of")) }} as as_of
        from averaged
    )

select *
from final
