-- One row per report: the sampled user on whom it opens, whose lists differ most.
-- different_share = different items / places, over the first 20 of all their surfaces;
-- of equal ones, who is shown items of most sources. Read by `recsql report`.
with
    sampled as ({{ sampled_users() }}),

    lists as (select * from {{ ref("rec_for_user") }}),

    measured as (
        select
            sampled.user_text as user_id,
            sampled.place,
            {{ ratio("count(distinct lists.item_id)", "count(*)") }} as different_share,
            count(distinct lists.candidate_source) as source_count
        from lists
        inner join sampled on lists.user_id = sampled.user_id
        where lists.item_rank <= 20
        group by sampled.user_text, sampled.place
    ),

    final as (
        select user_id, different_share, source_count
        from measured
        qualify
            row_number() over (
                order by different_share desc, source_count desc, place, user_id
            )
            = 1
    )

select *
from final
