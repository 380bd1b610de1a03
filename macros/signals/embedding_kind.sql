{#- embedding_kind(): where the vectors of source embedding are from: mapped, lsa, static or a
    source that learns factors; nothing where the source is not listed.
    embedding_kind()  ->  lsa -#}
{% macro embedding_kind() -%}
    {%- if "embedding" in var("candidate_sources") -%}
        {%- set mapped = var("items").get("embedding") is not none -%}
        {{- var("embed") or ("mapped" if mapped else "lsa") -}}
    {%- endif -%}
{%- endmacro %}
