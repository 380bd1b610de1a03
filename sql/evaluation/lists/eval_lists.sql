-- One row per (list_name, allow_repeat, user_id, item_rank): the lists that are scored.
-- Every candidate source is cut as all and as new_only; each surface as it is served;
-- and to new users goes what is popular.
{{ config(enabled=var("as_of") is not none) }}
with
    candidates as (select * from {{ ref("cand_all") }}),
    served as (select * from {{ ref("rec_for_user") }}),
    newcomers as (select * from {{ ref("eval_newcomers") }}),
    popularity as (select * from {{ ref("sig_popularity") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),

    cut as (
        select
            candidate_source as list_name,
            'all' as allow_repeat,
            user_id,
            item_id,
            item_rank
        from candidates
        union all
        select candidate_source, 'new_only', user_id, item_id, kind_rank
        from candidates
        where not is_repeat
        union all
        select
            concat('surface ', served.surface),
            surfaces.allow_repeat,
            served.user_id,
            served.item_id,
            served.item_rank
        from served
        inner join surfaces on served.surface = surfaces.surface
        union all
        select
            'new users',
            'all',
            newcomers.user_id,
            popularity.item_id,
            popularity.popularity_rank
        from newcomers
        cross join popularity
        where popularity.popularity_rank <= {{ var("eval_cutoffs") | max | int }}
    ),

    final as (
        select list_name, allow_repeat, user_id, item_id, item_rank
        from cut
        where item_rank <= {{ var("eval_cutoffs") | max | int }}
    )

select *
from final
