{#- tombstones(part): what the tombstones among raw events take away: one row per event_key,
    and up to which time. A tombstone without a time holds for all times; one that is later
    than the part of the data, past or holdout, is not known yet.
    tombstones("past")  ->  select event_key, max(...) as until_at from (...) ... -#}
{% macro tombstones(part) %}
    {%- set as_of = as_timestamp(var("as_of")) %}
    {%- set days = (var("eval_gap_days") | int) + (var("holdout_days") | int) %}
    select
        event_key, max(coalesce(event_at, timestamp '9999-01-01 00:00:00')) as until_at
    from ({{ mapped_events() }}) as raw_events
    where
        is_deleted
        {% if var("as_of") is none %}
        {% elif part == "holdout" and var("eval_split") == "time" %}
            and coalesce(event_at <= {{ as_of }} + interval '{{ days }}' day, true)
        {% else %} and coalesce(event_at < {{ as_of }}, true)
        {% endif %}
    group by event_key
{% endmacro %}
