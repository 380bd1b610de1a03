{#- is_current(starts, ends): the moment that lists are for lies from `starts` to before `ends`, where
    null is always. The model imports int_serving_time as serving.
    is_current("starts_at", "ends_at")
    ->  coalesce(starts_at <= serving.shown_at, true) and coalesce(...) -#}
{% macro is_current(starts, ends) -%}
    coalesce({{ starts }} <= serving.shown_at, true)
    and coalesce({{ ends }} > serving.shown_at, true)
{%- endmacro %}
