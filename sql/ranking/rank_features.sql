-- One row per (user_index, item_index): all that the ranker knows of a pair, a column
-- each.
-- Null where a theme has nothing to say; a theme that var ranker_themes leaves out is
-- not built.
{{ config(enabled=uses_ranker() == "yes") }}
{% set keys = {"users": ["user_index"], "items": ["item_index"]} %}
with
    pairs as (select * from {{ ref("rank_pairs") }}),
    {% for theme in var("ranker_themes") %}
        {{ theme }} as (select * from {{ ref("rank_" ~ theme) }}),
    {% endfor %}

    final as (
        select
            pairs.user_index,
            pairs.item_index
            {% for theme in var("ranker_themes") %}
                {% for feature in ranker_features(theme).split() %}
                    , cast({{ theme }}.{{ feature }} as float) as {{ feature }}
                {% endfor %}
            {% endfor %}
        from pairs
        {% for theme in var("ranker_themes") %}
            left join
                {{ theme }}
                on {% for key in keys.get(theme, ["user_index", "item_index"]) %}
                    pairs.{{ key }} = {{ theme }}.{{ key }}
                    {% if not loop.last %} and {% endif %}
                {% endfor %}
        {% endfor %}
    )

select *
from final
