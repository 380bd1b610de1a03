{#- marked_deletions(events, part): the body of a CTE that marks the events that were deleted:
    what a tombstone is about, if it is not later than the tombstone, and the tombstone
    itself. Without is_deleted in var events there are none.
    marked_deletions("mapped", "past")  ->  select mapped.*, ... as deletion from ... -#}
{% macro marked_deletions(events, part) %}
    {% if var("events").get("is_deleted") is none %}
        select *, cast(null as varchar) as deletion from {{ events }}
    {% else %}
        select
            {{ events }}.*,
            case
                when {{ events }}.is_deleted and {{ events }}.unreadable_column is null
                then 'tombstone'
                when {{ events }}.event_at <= tombstones.until_at
                then 'deleted'
            end as deletion
        from {{ events }}
        left join
            ({{ tombstones(part) }}) as tombstones
            on {{ events }}.event_key = tombstones.event_key
    {% endif %}
{% endmacro %}
