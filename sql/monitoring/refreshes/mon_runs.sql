-- One row per run_id: a refresh or publish, how it ended, and what it was made of.
-- A view, so that the file a refresh publishes has this refresh, too: its readers see
-- what was published; another run without an outcome was killed.
{{ config(enabled=var("refresh_history"), materialized="view") }}
with
    refreshes as (select * from {{ ref("stg_refreshes") }}),
    profiles as (select * from {{ ref("stg_refresh_profiles") }}),

    sizes as (
        select
            run_id,
            {% for size in ["events", "users", "items", "baskets"] %}
                max(
                    case
                        when measure = 'size' and bin = '{{ size }}'
                        then cast(amount as bigint)
                    end
                ) as {{ size[:-1] }}_count,
            {% endfor %}
            cast(
                sum(
                    case
                        when measure = 'verdict' and bin <> 'accepted'
                        then amount
                        else 0
                    end
                ) as bigint
            ) as rejected_count
        from profiles
        group by run_id
    ),

    final as (
        select
            refreshes.run_id,
            refreshes.command,
            coalesce(
                refreshes.outcome,
                case
                    when refreshes.run_id = {{ text(invocation_id) }}
                    then 'published'
                    else 'killed'
                end
            ) as outcome,
            refreshes.exit_code,
            refreshes.problem,
            refreshes.version,
            refreshes.started_at,
            refreshes.ended_at,
            refreshes.seconds,
            sizes.event_count,
            sizes.rejected_count,
            sizes.user_count,
            sizes.item_count,
            sizes.basket_count,
            refreshes.failed_test_count,
            refreshes.warned_test_count,
            refreshes.git_commit,
            refreshes.recsql_version,
            refreshes.duckdb_version,
            row_number() over (order by refreshes.started_at desc, refreshes.run_id)
            - 1 as refreshes_ago,
            {{ as_timestamp(run_started_at) }} as generated_at
        from refreshes
        left join sizes on refreshes.run_id = sizes.run_id
    )

select *
from final
