-- One row per (user_id, surface, item_id) that rests: shown there `cap.views` times in
-- the last `cap.days`, or taken less than `not_again_days` ago, by the serving clock.
{% set capped = surfaces_use(["cap"]) == "yes" %}
{{ config(enabled=surfaces_use(["cap", "not_again_days"]) == "yes") }}
with
    surfaces as (select * from {{ ref("list_surfaces") }}),
    serving as (select * from {{ ref("int_serving_time") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    {% if capped %} exposures as (select * from {{ ref("stg_exposures") }}), {% endif %}

    {% if capped %}
        aged as (
            select
                exposures.user_id,
                surfaces.surface,
                exposures.item_id,
                surfaces.cap_views,
                surfaces.cap_days,
                {{ days_between("exposures.shown_at", "serving.shown_at") }} as days_ago
            from exposures
            cross join serving
            inner join
                surfaces
                on surfaces.cap_views is not null
                and coalesce(exposures.surface, surfaces.surface) = surfaces.surface
        ),

        capped as (
            select user_id, surface, item_id
            from aged
            where days_ago >= 0 and days_ago < cap_days
            group by user_id, surface, item_id, cap_views
            having count(*) >= cap_views
        ),
    {% endif %}

    united as (
        select
            user_items.user_id,
            surfaces.surface,
            user_items.item_id,
            'bought lately' as step
        from user_items
        cross join serving
        inner join surfaces on surfaces.not_again_days is not null
        where
            user_items.is_taken
            and {{ days_between("user_items.last_taken_at", "serving.shown_at") }}
            < surfaces.not_again_days
        {% if capped %}
            union all
            select user_id, surface, item_id, 'shown often'
            from capped
        {% endif %}
    ),

    final as (
        select user_id, surface, item_id, min(step) as step
        from united
        group by user_id, surface, item_id
    )

select *
from final
