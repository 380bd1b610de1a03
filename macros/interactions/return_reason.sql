{#- return_reason(): what netting makes of a line: a return that took something back or found
    nothing, a purchase of which nothing stays; else null.
    return_reason()  ->  case when is_return and held_before > 0 then 'return' ... end -#}
{% macro return_reason() %}
    case
        when is_return and held_before > 0
        then 'return'
        when is_return
        then 'unmatched_return'
        when kept_units = 0
        then 'returned'
    end
{% endmacro %}
