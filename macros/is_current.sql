{#- is_current(starts, ends): the moment that lists are for lies from `starts` to before `ends`, where
    null is always. The model imports int_reference_time as reference.
    is_current("starts_at", "ends_at")
    ->  coalesce(starts_at <= reference.shown_at, true) and coalesce(...) -#}
{% macro is_current(starts, ends) -%}
    coalesce({{ starts }} <= reference.shown_at, true)
    and coalesce({{ ends }} > reference.shown_at, true)
{%- endmacro %}
