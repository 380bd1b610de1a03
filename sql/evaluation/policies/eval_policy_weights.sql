-- One row per (list_name, allow_repeat, k) and exposure that the list could have made.
-- weight = chance by which the list shows the item / propensity (Horvitz and Thompson
-- 1952), at most eval_policy_clip; the list shows one of its first k places, each as
-- likely as the others.
{{ config(enabled=has_propensities() == "yes") }}
{% set clip = var("eval_policy_clip") %}
with
    lists as (select * from {{ ref("eval_lists") }}),
    exposures as (select * from {{ ref("eval_exposures") }}),

    cutoffs as (select unnest({{ var("eval_cutoffs") }}) as k),

    places as (
        select
            lists.list_name,
            lists.allow_repeat,
            cutoffs.k,
            lists.user_id,
            lists.item_id,
            count(*) over (
                partition by
                    lists.list_name, lists.allow_repeat, cutoffs.k, lists.user_id
            ) as place_count
        from lists
        inner join cutoffs on lists.item_rank <= cutoffs.k
    ),

    weighted as (
        select
            places.list_name,
            places.allow_repeat,
            places.k,
            exposures.user_id,
            exposures.item_id,
            exposures.is_clicked,
            {{ ratio("1", "places.place_count * exposures.propensity") }} as full_weight
        from places
        inner join
            exposures
            on places.user_id = exposures.user_id
            and places.item_id = exposures.item_id
    ),

    final as (
        select
            list_name,
            allow_repeat,
            k,
            user_id,
            item_id,
            is_clicked,
            full_weight,
            {% if clip is none %} full_weight
            {% else %} least(full_weight, cast({{ clip | float }} as double))
            {% endif %} as weight
        from weighted
    )

select *
from final
