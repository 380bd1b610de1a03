{#- linear_sources(): the sources of var candidate_sources that weigh items against items, a
    blank between them. A new one is a name here and one in macro linear_kind.
    linear_sources()  ->  ease graph_filter -#}
{% macro linear_sources() -%}
    {{-
        ["ease", "edlae", "graph_filter", "bspm", "sar"] | select(
            "in", var("candidate_sources")
        ) | join(" ")
    -}}
{%- endmacro %}
