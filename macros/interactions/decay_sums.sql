{#- decay_sums(age_days): what events weigh together at an age, as a list: a sum for each
    region and event type that decays at a pace of its own (vars region_decay_days and
    decay_days or half_life_days), last that of all others. See decayed_sum.
    decay_sums("age_days")  ->  [(cast(sum(cast((event_weight * exp(...)) ... -#}
{% macro decay_sums(age_days) -%}
    {%- set spans = var("half_life_days") or var("decay_days") -%}
    {%- set regions = var("region_decay_days").keys() | list -%}
    {%- set types = (spans.keys() | list) if spans is mapping else [] -%}
    {%- set pace -%}
        case
            {%- for name in regions %} when region = {{ text(name) }} then {{ loop.index }}
            {%- endfor %}
            {%- for name in types %}
                when event_type = {{ text(name) }} then {{ loop.index + (regions | length) }}
            {%- endfor %}
            when true then {{ (regions + types) | length + 1 }}
        end
    {%- endset -%}
    {%- set weight = "event_weight * " ~ event_decay(age_days) ~ " else 0 end" -%}
    [
        {% for name in regions + types + [""] -%}
            {{
                stable_sum(
                    "case when " ~ pace ~ " = " ~ loop.index ~ " then " ~ weight
                )
            }}
            {{- "" if loop.last else "," }}
        {% endfor %}
    ]
{%- endmacro %}
