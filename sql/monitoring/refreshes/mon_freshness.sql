-- One row per (table_name, part): the newest of what is read, and its age when the
-- refresh began, against vars freshness_warn and freshness_fail (hours).
-- A limit is of a table, or of one part of it: events, or events.view.
{% set began = var("as_of") or run_started_at %}
{% set has_exposures = uses_exposures() == "yes" %}
with
    events as (select * from {{ ref("int_events") }}),
    items as (select * from {{ ref("int_items") }}),
    {% if has_exposures %}
        exposures as (select * from {{ ref("stg_exposures") }}),
    {% endif %}

    moments as (
        select 'events' as table_name, 'all' as part, event_at as happened_at
        from events
        union all
        select 'events', event_type, event_at
        from events
        union all
        select 'items', 'all', coalesce(available_from, first_at)
        from items
        {% if has_exposures %}
            union all
            select 'exposures', 'all', shown_at
            from exposures
            union all
            select 'exposures', surface, shown_at
            from exposures
            where surface is not null
        {% endif %}
    ),

    measured as (
        select
            table_name,
            part,
            case
                when part = 'all' then table_name else concat(table_name, '.', part)
            end as limited_by,
            max(happened_at) as newest_at,
            {{ days_between("max(happened_at)", as_timestamp(began)) }}
            * 24 as age_hours
        from moments
        where happened_at <= {{ as_timestamp(began) }}
        group by table_name, part
    ),

    limited as (
        select
            *,
            {{ limit_of("freshness_warn", "limited_by") }} as warn_at,
            {{ limit_of("freshness_fail", "limited_by") }} as fail_at
        from measured
    ),

    final as (
        select
            table_name,
            part,
            newest_at,
            age_hours,
            warn_at,
            fail_at,
            {{ limit_status("age_hours >= warn_at", "age_hours >= fail_at") }}
            as status,
            {{ run_stamp() }}
        from limited
    )

select *
from final
