-- One row per (run_id, measure, part, bin): the share of a bin in a refresh and in its
-- baseline, each with half a row added to every bin, so that none is 0.
{{ config(enabled=var("refresh_history")) }}
with
    profiles as (select * from {{ ref("mon_profiles") }}),
    refreshes as (select * from {{ ref("mon_refreshes") }}),

    counts as (
        select *
        from profiles
        where measure in ('event_type', 'item_popularity', 'weight', 'factor_norm')
    ),

    united as (
        select
            refreshes.run_id,
            counts.measure,
            counts.part,
            counts.bin,
            counts.amount as mine,
            cast(0 as double) as theirs
        from refreshes
        inner join counts on refreshes.run_id = counts.run_id
        union all
        select
            refreshes.run_id,
            counts.measure,
            counts.part,
            counts.bin,
            cast(0 as double),
            counts.amount
        from refreshes
        inner join counts on refreshes.baseline_run_id = counts.run_id
    ),

    binned as (
        select run_id, measure, part, bin, sum(mine) as mine, sum(theirs) as theirs
        from united
        group by run_id, measure, part, bin
    ),

    totals as (
        select
            run_id,
            measure,
            part,
            count(*) as bin_count,
            sum(mine) as mine,
            sum(theirs) as theirs
        from binned
        group by run_id, measure, part
        having sum(mine) > 0 and sum(theirs) > 0
    ),

    final as (
        select
            totals.run_id,
            totals.measure,
            totals.part,
            binned.bin,
            totals.bin_count,
            totals.mine as row_count,
            totals.theirs as baseline_row_count,
            {{ ratio("(binned.mine + 0.5)", "totals.mine + 0.5 * totals.bin_count") }}
            as bin_share,
            {{
                ratio(
                    "(binned.theirs + 0.5)", "totals.theirs + 0.5 * totals.bin_count"
                )
            }} as baseline_share
        from totals
        inner join
            binned
            on totals.run_id = binned.run_id
            and totals.measure = binned.measure
            and totals.part = binned.part
    )

select *
from final
