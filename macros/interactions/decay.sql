{#- decay(age_days, days, half_life_days=none): what is left of an event's weight at an age:
    exp(-age / days), or 2^(-age / half_life_days). Either may be a number or {event type:
    number}; types not named do not decay, nor do any without both.
    decay("age", 60)  ->  exp(-(age) / 60.0) -#}
{% macro decay(age_days, days, half_life_days=none) -%}
    {%- set spans = days if half_life_days is none else half_life_days -%}
    {%- set age = (
        "("
        ~ age_days
        ~ ")"
        ~ ("" if half_life_days is none else " * ln(2)")
    ) -%}
    {%- if spans is mapping -%}
        coalesce(
            exp(
                -{{ age }}
                / case
                    event_type
                    {%- for name, span in spans.items() if span is not none %}
                        when {{ text(name) }} then {{ span | float }}
                    {%- endfor %}
                end
            ),
            1
        )
    {%- elif spans is none -%} 1
    {%- else -%} exp(-{{ age }} / {{ spans | float }})
    {%- endif -%}
{%- endmacro %}
