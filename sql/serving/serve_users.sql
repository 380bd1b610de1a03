-- One row per user: who is known, where they buy, and what models know of their taste.
{{ config(enabled=var("serving")) }}
with
    users as (select * from {{ ref("int_users") }}),
    {% if "als" in var("candidate_sources") %}
        user_factors as (
            select * from {{ ref("sig_user_factors") }} where model_name = 'als'
        ),
    {% endif %}

    final as (
        select
            users.user_id,
            users.user_group,
            users.home_region,
            users.group_kind,
            users.group_name,
            users.order_count,
            users.last_order_at,
            {% if "als" in var("candidate_sources") %}
                user_factors.factors as als_factors
            {% else %} cast(null as float[]) as als_factors
            {% endif %}
        from users
        {% if "als" in var("candidate_sources") %}
            left join user_factors on users.user_index = user_factors.user_index
        {% endif %}
    )

select *
from final
