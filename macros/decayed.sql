{#- decayed(weight, event_at, moment): weight * exp(-age in days / var decay_days).
    decayed("event_weight", "event_at", "moment")
    ->  event_weight * exp(-((epoch(moment) - epoch(event_at)) / 86400.0) / 60.0) -#}
{% macro decayed(weight, event_at, moment) -%}
    {%- if var("decay_days") is none -%} {{ weight }}
    {%- else -%}
        {{ weight }}
        * exp(-{{ days_between(event_at, moment) }} / {{ var("decay_days") | float }})
    {%- endif -%}
{%- endmacro %}
