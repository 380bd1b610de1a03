-- One row per (list_name, allow_repeat, user_id, item_rank): the lists of the surfaces
-- that both versions have; those of the older are called `was surface ...`.
-- Asked by `recsql diff --base`, which scores them by the newer one's truth.
{{ config(enabled=var("as_of") is not none) }}
with
    newer as (select * from {{ ref("eval_lists") }} where list_name like 'surface %'),
    older as (select * from {{ source("older", "rec_for_user") }}),

    surfaces as (
        select list_name, allow_repeat from newer group by list_name, allow_repeat
    ),

    shared as (
        select surfaces.list_name
        from surfaces
        inner join older on surfaces.list_name = concat('surface ', older.surface)
        group by surfaces.list_name
    ),

    final as (
        select
            newer.list_name,
            newer.allow_repeat,
            newer.user_id,
            newer.item_id,
            newer.item_rank
        from newer
        inner join shared on newer.list_name = shared.list_name
        union all
        select
            concat('was ', surfaces.list_name),
            surfaces.allow_repeat,
            older.user_id,
            older.item_id,
            older.item_rank
        from older
        inner join surfaces on concat('surface ', older.surface) = surfaces.list_name
        where older.item_rank <= {{ var("eval_cutoffs") | max | int }}
    )

select *
from final
