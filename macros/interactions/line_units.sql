{#- line_units(): how many millionths of a piece a usable line moves, as a whole number that
    adds up exactly; one piece where the quantity is not known.
    line_units()  ->  case when line_reason is null then cast(round(...) as bigint) end -#}
{% macro line_units() -%}
    case
        when line_reason is null
        then cast(round(coalesce(abs(quantity), 1) * 1000000) as bigint)
    end
{%- endmacro %}
