{#- event_decay(age_days): what is left of an event's weight at an age, by the vars decay_days
    and half_life_days, or by region_decay_days where its region is named there.
    event_decay("age")  ->
    case region when 'north' then exp(-(age) / 30.0) else exp(-(age) / 60.0) end -#}
{% macro event_decay(age_days) -%}
    {%- set usual = decay(age_days, var("decay_days"), var("half_life_days")) -%}
    {%- set regions = var("region_decay_days") -%}
    {%- if not regions -%} {{ usual }}
    {%- else -%}
        case
            region
            {%- for name, days in regions.items() %}
                when {{ text(name) }} then {{ decay(age_days, days) }}
            {%- endfor %}
            else {{ usual }}
        end
    {%- endif -%}
{%- endmacro %}
