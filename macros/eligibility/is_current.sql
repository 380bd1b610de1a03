{#- is_current(starts, ends, serving): the moment that lists are for lies from `starts` to
    before `ends`, where null is always. serving: int_serving_time.
    is_current("starts_at", "ends_at", "serving")
    ->  coalesce(starts_at <= serving.shown_at, true) and coalesce(...) -#}
{% macro is_current(starts, ends, serving) -%}
    coalesce({{ starts }} <= serving.shown_at, true)
    and coalesce({{ ends }} > {{ serving }}.shown_at, true)
{%- endmacro %}
