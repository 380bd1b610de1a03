-- One row: when a fit of the factor models was last due, why, and what moved since.
-- drift = half the sum over items of |share of all weight now - share at the fit|: the
-- part of the weight that lies on other items (total variation distance).
{{
    config(
        enabled=fitted_models() != "",
        materialized=fit_materialization(),
        unique_key="refit_every",
    )
}}
{% set now = as_timestamp(run_started_at) %}
with
    shares as (select * from {{ ref("sig_item_shares") }}),

    listed as (
        select list_sort(list({'item_id':item_id, 'share':share})) as item_shares
        from shares
    ),

    {% if is_incremental() %}
        known as (select * from {{ this }}),

        past as (select unnest(item_shares, recursive := true) from known),

        moved as (
            select
                coalesce(
                    {{
                        stable_sum(
                            "abs(coalesce(shares.share, 0) - coalesce(past.share, 0))"
                        )
                    }} / 2, 0
                ) as drift
            from shares
            full join past on shares.item_id = past.item_id
        ),

        judged as (
            select
                known.*,
                moved.drift as moved_by,
                case
                    when known.refreshes_since + 1 >= {{ var("refit_every") | int }}
                    then 'refit_every'
                    {% if var("refit_drift") is not none %}
                        when moved.drift >= {{ var("refit_drift") | float }}
                        then 'refit_drift'
                    {% endif %}
                end as cause
            from known
            cross join moved
        ),

        final as (
            select
                judged.refit_every,
                case
                    when judged.cause is null
                    then judged.fitted_at
                    else greatest({{ now }}, judged.fitted_at + to_seconds(1))
                end as fitted_at,
                coalesce(judged.cause, judged.reason) as reason,
                if(
                    judged.cause is null, judged.refreshes_since + 1, 0
                ) as refreshes_since,
                judged.moved_by as drift,
                if(
                    judged.cause is null, judged.item_shares, listed.item_shares
                ) as item_shares
            from judged
            cross join listed
        )
    {% else %}
        final as (
            select
                {{ var("refit_every") | int }} as refit_every,
                {{ now }} as fitted_at,
                'first' as reason,
                0 as refreshes_since,
                cast(0 as double) as drift,
                item_shares
            from listed
        )
    {% endif %}

select *
from final
