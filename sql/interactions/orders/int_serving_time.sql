-- One row: the moment that lists are for, as_of or else show_at or else the refresh.
-- What may be shown is judged at it; ages of events count from int_reference_time.
{% set moments = [var("as_of"), var("show_at"), run_started_at] %}
with final as (select {{ as_timestamp(moments | select | first) }} as shown_at)

select *
from final
