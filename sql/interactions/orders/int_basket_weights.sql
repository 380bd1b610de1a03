-- One row per basket: how much it counts where rules are counted.
-- basket_weight = exp(-age / rule_decay_days); 1 without rule_decay_days.
{% set decay_days = var("rule_decay_days") %}
{{ config(materialized="view" if decay_days is none else "table") }}
with
    baskets as (select * from {{ ref("int_baskets") }}),
    reference as (select * from {{ ref("int_reference_time") }}),

    aged as (
        select
            baskets.basket_index,
            {{ days_between("baskets.basket_at", "reference.reference_at") }}
            as age_days
        from baskets
        cross join reference
        where baskets.is_order
    ),

    final as (
        select
            basket_index,
            {% if decay_days is none %} cast(1 as double)
            {% else %} {{ decay("age_days", decay_days) }}
            {% endif %} as basket_weight
        from aged
    )

select *
from final
