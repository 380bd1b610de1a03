-- One row per (run_id, model_name): rows, seconds and bytes of a model in a refresh.
-- A view, so that the file a refresh publishes has this refresh, too.
{{ config(enabled=var("refresh_history"), materialized="view") }}
with
    models as (select * from {{ ref("stg_refresh_models") }}),
    runs as (select * from {{ ref("mon_runs") }}),

    final as (
        select
            models.run_id,
            models.model_name,
            models.layer,
            models.outcome,
            models.row_count,
            models.seconds,
            models.byte_count,
            runs.started_at,
            runs.refreshes_ago,
            {{ as_timestamp(run_started_at) }} as generated_at
        from models
        inner join runs on models.run_id = runs.run_id
    )

select *
from final
