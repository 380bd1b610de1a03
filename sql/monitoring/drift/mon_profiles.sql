-- One row per (run_id, measure, part, bin): the profiles of all refreshes, this one's
-- too.
with
    profile as (select * from {{ ref("mon_profile") }}),
    {% if var("refresh_history") %}
        kept as (select * from {{ ref("stg_refresh_profiles") }}),
        refreshes as (select * from {{ ref("mon_refreshes") }}),
    {% endif %}

    final as (
        select run_id, measure, part, bin, amount, cast(0 as bigint) as refreshes_ago
        from profile
        {% if var("refresh_history") %}
            union all
            select
                kept.run_id,
                kept.measure,
                kept.part,
                kept.bin,
                kept.amount,
                refreshes.refreshes_ago
            from kept
            inner join refreshes on kept.run_id = refreshes.run_id
            where refreshes.refreshes_ago > 0
        {% endif %}
    )

select *
from final
