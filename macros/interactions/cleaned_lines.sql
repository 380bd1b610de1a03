{#- cleaned_lines(net): the body of a CTE that ends the steps: every line in the staging
    layout, with its reason. A used line that others changed gets the units that stay and
    their part of the amount; quantity and amount of all others are as they came.
    cleaned_lines("net")  ->  select user_id, ..., rejection_reason from ... -#}
{% macro cleaned_lines(net) %}
    {%- set intact = "rejection_reason is not null or kept_units = " ~ line_units() %}
    {%- set pieces = "cast(kept_units as double) / 1000000" %}
    select
        user_id,
        item_id,
        event_at,
        unreadable_column,
        unreadable_text,
        event_type,
        basket_id,
        case when {{ intact }} then quantity else {{ pieces }} end as quantity,
        case
            when {{ intact }} then amount else line_amount * kept_units / units
        end as amount,
        rating,
        region,
        event_id,
        owner_key,
        rejection_reason
    from
        (
            select *, coalesce(reason, {{ return_reason() }}) as rejection_reason
            from {{ net }}
        ) as decided
{% endmacro %}
