-- One row per (list_name, allow_repeat): the kinds of lists that are scored.
{{ config(enabled=var("as_of") is not none) }}
with
    lists as (select * from {{ ref("eval_lists") }}),

    final as (
        select list_name, allow_repeat, count(*) as row_count
        from lists
        group by list_name, allow_repeat
    )

select *
from final
