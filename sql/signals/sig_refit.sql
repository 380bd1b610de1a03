-- One row: when a fit of the factor models was last due, why, and what moved since.
-- drift = half the sum over items of |share of all weight now - share at the fit|: the
-- part of the weight that lies on other items (total variation distance).
{% set sources = ["als", "bpr", "lmf", "svd"] %}
{{
    config(
        enabled=sources | select("in", var("candidate_sources")) | list | length > 0,
        materialized=fitted_as(),
        unique_key="refit_every",
    )
}}
{% set now = as_timestamp(run_started_at) %}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    weighed as (
        select item_id, {{ stable_sum("weight") }} as item_weight
        from user_items
        where is_eligible and weight > 0
        group by item_id
    ),

    shared as (
        select
            weighed.item_id, {{ ratio("weighed.item_weight", "total.weight") }} as share
        from weighed
        cross join
            (select {{ stable_sum("item_weight") }} as weight from weighed) as total
    ),

    listed as (
        select list_sort(list({'item_id':item_id, 'share':share})) as item_shares
        from shared
    ),

    {% if is_incremental() %}
        known as (select * from {{ this }}),

        past as (select unnest(item_shares, recursive := true) from known),

        moved as (
            select
                {{
                    stable_sum(
                        "abs(coalesce(now.share, 0) - coalesce(past.share, 0))"
                    )
                }} / 2 as drift
            from shared as now
            full join past on now.item_id = past.item_id
        ),

        judged as (
            select
                known.fitted_at,
                known.reason as last_reason,
                known.item_shares as last_shares,
                known.refreshes_since + 1 as refreshes_since,
                coalesce(moved.drift, 0) as drift,
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
    {% endif %}

    final as (
        select {{ var("refit_every") | int }} as refit_every,
        {% if is_incremental() %}
                case
                    when cause is null
                    then fitted_at
                    else greatest({{ now }}, {{ add_seconds("fitted_at", 1) }})
                end as fitted_at,
                coalesce(cause, last_reason) as reason,
                case
                    when cause is null then refreshes_since else 0
                end as refreshes_since,
                drift,
                case
                    when cause is null then last_shares else listed.item_shares
                end as item_shares
            from judged
            cross join listed
        {% else %}
                {{ now }} as fitted_at,
                'first' as reason,
                0 as refreshes_since,
                cast(0 as double) as drift,
                item_shares
            from listed
        {% endif %}
    )

select *
from final
