-- One row per user: the 20 whose lists changed most, over all surfaces where they
-- have one in both versions.
-- Asked by `recsql diff`, which attaches both versions; dbt only compiles it.
with
    newer as (select * from {{ source("newer", "rec_for_user") }}),
    older as (select * from {{ source("older", "rec_for_user") }}),

    aligned as ({{ aligned_lists("newer", "older", var("asked_depth")) }}),

    overlaps_of_users as ({{ rank_biased_overlaps("aligned", var("asked_depth")) }}),

    counted as (
        select
            aligned.user_id,
            count(aligned.newer_rank) as places,
            count(case when aligned.older_rank is null then 1 end) as replaced
        from aligned
        inner join
            overlaps_of_users
            on aligned.user_id = overlaps_of_users.user_id
            and aligned.surface = overlaps_of_users.surface
        group by aligned.user_id
    ),

    averaged as (
        select
            user_id,
            count(*) as surfaces,
            {{ ratio(stable_sum("overlap"), "count(*)") }} as overlap
        from overlaps_of_users
        group by user_id
    ),

    final as (
        select
            averaged.user_id,
            averaged.surfaces,
            counted.places,
            counted.replaced,
            averaged.overlap
        from averaged
        inner join counted on averaged.user_id = counted.user_id
        where averaged.overlap < 1
    )

select *
from final
order by overlap, replaced desc, user_id
limit 20
