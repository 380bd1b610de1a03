-- One row per surface where lists are shorter than they should be: for how many users,
-- and for how many there is none. Read by `recsql report`.
with
    short_lists as (select * from {{ ref("mon_short_lists") }}),

    final as (
        select
            surface,
            count(*) as short_count,
            count(case when item_count = 0 then 1 end) as empty_count
        from short_lists
        group by surface
    )

select *
from final
order by surface
