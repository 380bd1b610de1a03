-- One row per (experiment, user_id) that takes part: the variant this user gets.
-- bucket = hash of salt:user_id; a second hash says who takes part at all.
{{ config(enabled=var("experiments") | length > 0) }}
with
    plan as (select * from {{ ref("exp_plan") }}),
    buyers as (select * from {{ ref("int_users") }}),
    exposures as (select * from {{ ref("stg_exposures") }}),

    -- who only looks takes part, too: else a variant that sells chose who is compared
    users as (
        select user_id
        from buyers
        union
        select user_id
        from exposures
        where user_id is not null
    ),

    drawn as (
        select
            plan.experiment,
            users.user_id,
            plan.user_share,
            {{ hash_share("concat(plan.salt, ':', cast(users.user_id as varchar))") }}
            as bucket,
            {{
                hash_share(
                    "concat(plan.salt, ':share:', cast(users.user_id as varchar))"
                )
            }} as share_bucket
        from users
        cross join plan
        where plan.variant_number = 0
    ),

    enrolled as (
        select experiment, user_id, bucket from drawn where share_bucket < user_share
    ),

    kept as (
        select experiment, user_id, bucket
        from enrolled
        where
            true
            {% for experiment in var("experiments") if experiment.get("exclude") %}
                and not (
                    experiment = {{ text(experiment["name"]) }}
                    and user_id in (
                        select user_id
                        from enrolled
                        where
                            experiment in (
                                {% for other in experiment["exclude"] %}
                                    {{ text(other) }} {{ "" if loop.last else ", " }}
                                {% endfor %}
                            )
                    )
                )
            {% endfor %}
    ),

    final as (
        select
            kept.experiment, kept.user_id, plan.variant, kept.bucket, {{ run_stamp() }}
        from kept
        inner join
            plan
            on kept.experiment = plan.experiment
            and kept.bucket >= plan.bucket_from
            and kept.bucket < plan.bucket_to
    )

select *
from final
