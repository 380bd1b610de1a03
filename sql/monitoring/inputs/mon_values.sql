-- One row per (table_name, column_name): a mapped time, number or flag, and whether its
-- values can be read, against var max_unreadable_share.
-- unreadable_share = unreadable_count / (read_count + unreadable_count); blanks are
-- none.
{% set limit = var("max_unreadable_share") | float %}
with
    counted as (select * from {{ ref("stg_values") }}),

    shared as (
        select
            *,
            {{ ratio("unreadable_count", "(read_count + unreadable_count)") }}
            as unreadable_share,
            {{ ratio("far_count", "read_count") }} as far_share
        from counted
    ),

    final as (
        select
            table_name,
            column_name,
            value_type,
            read_count,
            unreadable_count,
            unreadable_share,
            lowest_text,
            highest_text,
            drawn_text,
            zoned_count,
            far_count,
            far_text,
            -- a restriction without its end would hold for ever
            {{
                limit_status(
                    "unreadable_count > 0 or far_count > 0",
                    "unreadable_share > "
                    ~ limit
                    ~ " or far_share > "
                    ~ limit
                    ~ " or table_name = 'restrictions' and unreadable_count > 0",
                )
            }} as status,
            {{ run_stamp() }}
        from shared
    )

select *
from final
