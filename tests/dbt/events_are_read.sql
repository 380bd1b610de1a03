-- Fails where there is nothing to learn from, unless dbt was told to read nothing.
with
    checked as (select count(*) as event_count from {{ ref("int_event_checks") }}),

    final as (
        select
            concat(
                'no event was read: the events table is empty, ',
                'or its where (var events) or var as_of leaves no row'
            ) as problem
        from checked
        where event_count = 0 {% if flags.EMPTY %} and false {% endif %}
    )

select *
from final
