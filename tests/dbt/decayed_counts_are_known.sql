-- No pair without a decayed count, whatever half-lives var ranker_half_lives lists.
{{
    config(
        enabled=uses_ranker() == "yes" and "history" in var("ranker_themes"),
    )
}}
with
    history as (select * from {{ ref("rank_history") }}),

    final as (
        select user_index, item_index
        from history
        where
            {% for days in var("ranker_half_lives") -%}
                decayed_{{ days | int }} is null {% if not loop.last %} or {% endif %}
            {%- endfor %}
    )

select *
from final
