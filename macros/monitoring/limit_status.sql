{#- limit_status(warn, fail): ok, warn or fail, by two conditions; a null is no reason.
    limit_status("age_hours >= warn_at", "age_hours >= fail_at")
    ->  case when age_hours >= fail_at then 'fail' when age_hours >= warn_at ... end -#}
{% macro limit_status(warn, fail) -%}
    case when {{ fail }} then 'fail' when {{ warn }} then 'warn' else 'ok' end
{%- endmacro %}
