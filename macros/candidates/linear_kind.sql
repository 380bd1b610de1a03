{#- linear_kind(source): which functions of the seam score and explain a source of
    linear_sources: linear by a matrix that was fitted, the others by a graph.
    linear_kind("bspm")  ->  graph -#}
{% macro linear_kind(source) -%}
    {{-
        {
            "ease": "linear",
            "edlae": "linear",
            "graph_filter": "graph",
            "bspm": "graph",
            "sar": "sar",
        }[source]
    -}}
{%- endmacro %}
