-- One row per planned A/B test: how many users it needs. Read by `recsql report`.
{{ config(enabled=var("sample_sizes") | length > 0) }}
with
    sizes as (select * from {{ ref("exp_sample_size") }}),

    final as (
        select
            name,
            kind,
            baseline,
            uplift,
            alpha,
            power,
            users_per_variant,
            total_users,
            days
        from sizes
    )

select *
from final
order by name
