-- One row per place of the ten lists that changed most: its item before and now.
-- Asked by `recsql diff --base`, which attaches both builds; dbt only compiles it.
with
    newer as (select * from {{ source("newer", "rec_for_user") }}),
    older as (select * from {{ source("older", "rec_for_user") }}),

    aligned as ({{ aligned_lists("newer", "older", var("asked_depth")) }}),

    overlaps_of_users as ({{ rank_biased_overlaps("aligned", var("asked_depth")) }}),

    numbered as (
        select
            user_id,
            surface,
            overlap,
            row_number() over (order by overlap, surface, user_id) as place
        from overlaps_of_users
        where overlap < 1
    ),

    places as (
        select user_id, surface, item_rank
        from newer
        union
        select user_id, surface, item_rank
        from older
    ),

    final as (
        select
            numbered.place,
            numbered.user_id,
            numbered.surface,
            numbered.overlap,
            places.item_rank,
            older.item_title as older_title,
            newer.item_title as newer_title
        from numbered
        inner join
            places
            on numbered.user_id = places.user_id
            and numbered.surface = places.surface
        left join
            older
            on places.user_id = older.user_id
            and places.surface = older.surface
            and places.item_rank = older.item_rank
        left join
            newer
            on places.user_id = newer.user_id
            and places.surface = newer.surface
            and places.item_rank = newer.item_rank
        where
            numbered.place <= 10 and places.item_rank <= {{ var("asked_depth") | int }}
    )

select *
from final
order by place, item_rank
