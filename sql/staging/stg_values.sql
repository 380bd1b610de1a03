-- One row per (table_name, column_name): a mapped column that is read as a time, a
-- number or a flag, and how many of its values can and cannot be read.
{% set shown = uses_exposures() == "yes" or has_propensities() == "yes" %}
{% set inputs = ["events", "items", "availability", "restrictions"] %}
{{ config(materialized="table") }}
with
    -- the first part is empty and gives the columns their types
    counted as (
        select
            'events' as table_name,
            'event_at' as column_name,
            'timestamp' as value_type,
            count(*) as read_count,
            count(*) as unreadable_count,
            cast(null as varchar) as lowest_text,
            cast(null as varchar) as highest_text,
            cast(null as varchar) as drawn_text,
            count(*) as zoned_count,
            count(*) as far_count,
            cast(null as varchar) as far_text
        having false
        {% for input in inputs + (["exposures"] if shown else []) %}
            {% for pair in typed_columns(input).split() %}
                    {%- set column, type = pair.split(":") -%}
                    {%- set raw = mapped(input, column) -%}
                union all
                select
                    {{ text(input) }},
                    {{ text(column) }},
                    {{ text(type) }},
                    count(readable),
                    count(unread),
                    min(unread),
                    max(unread),
                    max_by(unread, md5(unread)),
                    count(case when zoned = 1 then readable end),
                    count(far),
                    max(far)
                from
                    (
                        select
                            {{ read_as(raw, type) }} as readable,
                            {{ unreadable(raw, type) }} as unread,
                            {% if type == "timestamp" %}
                                case when {{ has_zone(raw) }} then 1 end as zoned,
                            {% else %} 0 as zoned,
                            {% endif %}
                            {{ implausible_time(input, column) }} as far
                        from {{ input_relation(input) }} {{ input_filter(input) }}
                    ) as looked_at
            {% endfor %}
        {% endfor %}
    ),

    final as (select * from counted)

select *
from final
