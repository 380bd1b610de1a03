-- One row per surface: how the users' lists changed from one version to the next.
-- replaced_share = rows whose item was not in the older list / rows, over the first
-- asked_depth places; overlap = mean rank-biased overlap (Webber, Moffat and Zobel
-- 2010).
-- Asked by `recsql diff`, which attaches both versions; dbt only compiles it.
with
    newer as (select * from {{ source("newer", "rec_for_user") }}),
    older as (select * from {{ source("older", "rec_for_user") }}),

    aligned as ({{ aligned_lists("newer", "older", var("asked_depth")) }}),

    overlaps_of_users as ({{ rank_biased_overlaps("aligned", var("asked_depth")) }}),

    compared as (
        select
            user_id,
            surface,
            count(newer_rank) as newer_count,
            count(older_rank) as older_count,
            count(case when older_rank is null then 1 end) as replaced_count,
            count(
                case when coalesce(newer_rank <> older_rank, true) then 1 end
            ) as moved_count
        from aligned
        group by user_id, surface
    ),

    final as (
        select
            compared.surface,
            count(case when older_count > 0 and newer_count > 0 then 1 end) as users,
            count(case when older_count = 0 then 1 end) as new_users,
            count(case when newer_count = 0 then 1 end) as lost_users,
            count(stayed.user_id) filter (where moved_count > 0) as changed_users,
            {{
                ratio(
                    "count(stayed.user_id) filter (where moved_count > 0)",
                    "count(stayed.user_id)",
                )
            }} as changed_share,
            {{
                ratio(
                    "sum(case when stayed.user_id is not null then replaced_count end)",
                    "sum(case when stayed.user_id is not null then newer_count end)",
                )
            }} as replaced_share,
            {{ ratio(stable_sum("stayed.overlap"), "count(stayed.overlap)") }}
            as overlap
        from compared
        left join
            overlaps_of_users as stayed
            on compared.user_id = stayed.user_id
            and compared.surface = stayed.surface
        group by compared.surface
    )

select *
from final
order by surface
