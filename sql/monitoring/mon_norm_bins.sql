-- One row per (part, bin): the vectors of each factor model by the octave of their
-- length.
{% set models = ["als", "feature_als", "bpr", "lmf", "svd"] %}
{% set built = models | select("in", var("candidate_sources")) | list %}
{{ config(enabled=built | length > 0) }}
with
    vectors as (
        {% for model in built %}
            {% for side in ["user", "item"] %}
                select '{{ model }} {{ side }}s' as part, factors
                from {{ ref("sig_" ~ model ~ "_" ~ side ~ "_factors") }}
                {% if not loop.last %}
                    union all
                {% endif %}
            {% endfor %}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    measured as (
        select part, sqrt(list_inner_product(factors, factors)) as norm
        from (select part, cast(factors as double[]) as factors from vectors) as wide
    ),

    binned as (select part, {{ octave("norm") }} as bin from measured),

    final as (select part, bin, count(*) as vector_count from binned group by part, bin)

select *
from final
