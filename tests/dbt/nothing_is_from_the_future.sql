-- No row of what models learn from depends on an event at or after as_of.
{{ config(enabled=var("as_of") is not none) }}
{% set has_exposures = var("experiments") | length > 0 %}
with
    staged as (select * from {{ ref("stg_events") }}),
    events as (select * from {{ ref("int_events") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    {% if uses_ranker() == "yes" %}
        ranker as (select * from {{ ref("stg_rankers") }}),
    {% endif %}
    {% if has_exposures %}
        exposures as (select * from {{ ref("stg_exposures") }}),
    {% endif %}

    latest as (
        select 'stg_events' as model, max(event_at) as seen_at
        from staged
        union all
        select 'int_events', max(event_at)
        from events
        union all
        select 'int_baskets', max(basket_at)
        from baskets
        union all
        select 'int_users', max(last_at)
        from users
        union all
        select 'int_items', max(last_at)
        from items
        union all
        select 'int_user_items', max(last_at)
        from user_items
        {% if uses_ranker() == "yes" %}
            union all
            select 'stg_rankers', max(learned_until)
            from ranker
        {% endif %}
        {% if has_exposures %}
            union all
            select 'stg_exposures', greatest(max(shown_at), max(clicked_at))
            from exposures
        {% endif %}
    ),

    final as (
        select
            concat(
                model,
                ' has a row of ',
                cast(seen_at as varchar),
                ', but only what is before ',
                {{ text(var("as_of")) }},
                ' may be seen; filter by as_of in the stg_ model'
            ) as problem
        from latest
        where seen_at >= {{ as_timestamp(var("as_of")) }}
    )

select *
from final
