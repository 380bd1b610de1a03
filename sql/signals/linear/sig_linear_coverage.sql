-- One row per model_name: how many items the matrix of EASE or EDLAE has, and what one
-- of all items would need.
-- A matrix of n items is worked out in 16 n^2 bytes; time grows with n^3.
{% set sources = ["ease", "edlae"] | select("in", var("candidate_sources")) | list %}
{{ config(enabled=sources | length > 0) }}
with
    items as (select * from {{ ref("int_items") }}),
    item_weights as (select * from {{ ref("sig_ease_weights") }}),

    eligible as (select count(*) as item_count from items where is_eligible),

    kept as (
        {% for source in sources %}
            select '{{ source }}' as model_name, count(*) as kept_count
            from item_weights
            where model_name = '{{ source }}'
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            kept.model_name,
            eligible.item_count,
            kept.kept_count,
            eligible.item_count - kept.kept_count as left_out_count,
            16 * kept.kept_count * kept.kept_count / 1e9 as matrix_gb,
            16 * eligible.item_count * eligible.item_count / 1e9 as full_matrix_gb
        from kept
        cross join eligible
    )

select *
from final
