-- One row per surface, rank and source: which source fills which share of a rank.
-- Rank 0 is all ranks together. Read by `recsql report`.
with
    lists as (select * from {{ ref("rec_for_user") }}),

    placed as (
        select surface, item_rank, candidate_source
        from lists
        union all
        select surface, 0, candidate_source
        from lists
    ),

    final as (
        select
            surface,
            item_rank,
            candidate_source,
            count(*) as row_count,
            {{
                ratio(
                    "count(*)", "sum(count(*)) over (partition by surface, item_rank)"
                )
            }} as row_share
        from placed
        where item_rank <= 100
        group by surface, item_rank, candidate_source
    )

select *
from final
order by surface, item_rank, row_share desc, candidate_source
