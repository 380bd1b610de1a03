{#- graph_settings(source): the settings of a source of linear_sources that scores by the
    graph of users and items. The graph filter is one blurring step of BSPM.
    graph_settings("sar")  ->  {'similarity':'jaccard', 'min_cooccurrence':1} -#}
{% macro graph_settings(source) -%}
    {% if source == "sar" %}
        {
            'similarity':{{ text(var("sar_similarity")) }},
            'min_cooccurrence':{{ var("sar_min_cooccurrence") | int }}
        }
    {% else %}
        {% set is_bspm = source == "bspm" %}
        {
            'low_pass':{{ var(source ~ "_low_pass") | float }},
            'blur_steps':{{ var("bspm_blur_steps") | int if is_bspm else 1 }},
            'blur_time':{{ var("bspm_blur_time") | float if is_bspm else 1.0 }},
            'sharpen_steps':{{ var("bspm_sharpen_steps") | int if is_bspm else 0 }},
            'sharpen_time':{{ var("bspm_sharpen_time") | float if is_bspm else 0.0 }}
        }
    {% endif %}
{%- endmacro %}
