{#- decayed_sum(weights, age_days): what the events of decay_sums weigh together some days
    later: each sum falls off at its own pace.
    decayed_sum("weights", "age_days")  ->  (weights[1] * exp(-(age_days) / 60.0)) -#}
{% macro decayed_sum(weights, age_days) -%}
    {%- set half_lives = var("half_life_days") -%}
    {%- set spans = half_lives or var("decay_days") -%}
    {%- set regions = var("region_decay_days").values() | list -%}
    {%- set types = (spans.values() | list) if spans is mapping else [] -%}
    (
        {% for days in regions -%}
            {{ weights }} [{{ loop.index }}] * {{ decay(age_days, days) }} +
        {% endfor -%}
        {%- for span in types + [none if spans is mapping else spans] -%}
            {{ weights }} [{{ loop.index + (regions | length) }}]
            * {{ decay(age_days, none, span) if half_lives else decay(age_days, span) }}
            {{- "" if loop.last else " + " }}
        {%- endfor %}
    )
{%- endmacro %}
