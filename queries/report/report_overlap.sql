-- One row per two candidate sources: the share of the first one's top 10 that is in
-- the top
-- 10 of the other, over all users. Read by `recsql report`.
with
    candidates as (select * from {{ ref("cand_all") }}),

    tops as (
        select user_id, item_id, candidate_source from candidates where item_rank <= 10
    ),

    sized as (
        select candidate_source, count(*) as row_count
        from tops
        group by candidate_source
    ),

    common as (
        select
            ours.candidate_source,
            theirs.candidate_source as other_source,
            count(*) as common_count
        from tops as ours
        inner join
            tops as theirs
            on ours.user_id = theirs.user_id
            and ours.item_id = theirs.item_id
        group by ours.candidate_source, theirs.candidate_source
    ),

    final as (
        select
            sized.candidate_source,
            others.candidate_source as other_source,
            coalesce(
                {{ ratio("common.common_count", "sized.row_count") }}, 0
            ) as common_share
        from sized
        cross join sized as others
        left join
            common
            on sized.candidate_source = common.candidate_source
            and others.candidate_source = common.other_source
    )

select *
from final
order by candidate_source, other_source
