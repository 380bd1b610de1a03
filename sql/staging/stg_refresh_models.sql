-- One row per (run_id, model_name): how a model went in a refresh.
{{ config(enabled=var("refresh_history")) }}
with
    models as (select * from {{ source("history", "refresh_models") }}),

    final as (
        select run_id, model_name, layer, outcome, row_count, seconds, byte_count
        from models
    )

select *
from final
