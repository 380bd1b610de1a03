-- One row per raw exposure in the holdout window: what was shown, by which chance, and
-- whether it was clicked within the window. Only evaluation reads them.
{{ config(enabled=has_propensities() == "yes") }}
{% set gap = "interval '" ~ (var("eval_gap_days") | int) ~ "' day" %}
{% set days = "interval '" ~ (var("holdout_days") | int) ~ "' day" %}
{% set starts_at = as_timestamp(var("as_of")) ~ " + " ~ gap %}
with
    mapped as ({{ mapped_exposures() }}),

    final as (
        select
            user_id,
            item_id,
            surface,
            shown_at,
            coalesce(clicked_at <= {{ starts_at }} + {{ days }}, false) as is_clicked,
            propensity
        from mapped
        where shown_at >= {{ starts_at }} and shown_at <= {{ starts_at }} + {{ days }}
    )

select *
from final
