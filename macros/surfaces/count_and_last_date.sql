{#- count_and_last_date(word, times, last_at): how often something was done and when last, in words.
    count_and_last_date("viewed", "view_count", "last_at")
    ->  concat('viewed ', cast(view_count as varchar), ... ', last on ', ...) -#}
{% macro count_and_last_date(word, times, last_at) -%}
    concat(
        {{ text(word ~ " ") }},
        cast({{ times }} as varchar),
        case when {{ times }} = 1 then ' time' else ' times' end,
        ', last on ',
        cast(cast({{ last_at }} as date) as varchar)
    )
{%- endmacro %}
