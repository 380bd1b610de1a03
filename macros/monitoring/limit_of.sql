{#- limit_of(name, key): the number that a var maps a key to, null where it has none.
    limit_of("drift_warn", "measure")
    ->  case measure when 'weight' then cast(0.1 as double) end -#}
{% macro limit_of(name, key) -%}
    case
        {{ key }}
        {% for word, number in var(name).items() %}
            when {{ text(word) }} then cast({{ number | float }} as double)
        {% endfor %}
        when null
        then cast(null as double)
    end
{%- endmacro %}
