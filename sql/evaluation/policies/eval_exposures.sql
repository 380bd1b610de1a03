-- One row per exposure of the holdout that can value a list: of a user known before
-- as_of, with the chance by which it was shown.
{{ config(enabled=has_propensities() == "yes") }}
with
    exposures as (select * from {{ ref("stg_holdout_exposures") }}),
    users as (select * from {{ ref("int_users") }}),

    final as (
        select
            exposures.user_id,
            exposures.item_id,
            exposures.surface,
            exposures.is_clicked,
            exposures.propensity
        from exposures
        inner join users on exposures.user_id = users.user_id
        where
            exposures.item_id is not null
            and exposures.propensity > 0
            and exposures.propensity <= 1
            {% if var("eval_policy_surface") is not none %}
                and exposures.surface = {{ text(var("eval_policy_surface")) }}
            {% endif %}
    )

select *
from final
