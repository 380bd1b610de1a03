{#- popularity_measures(size): the measures of popularity as columns, from what
    popularity_counts has counted among `size` users, and the score that var popularity picks.
    A novelty_boost of b multiplies the score of an item on its first day by 1 + b.
    popularity_measures("everyone")  ->  ... as user_share, ... as trend, ... as score -#}
{% macro popularity_measures(size) %}
    {% set shrinkage = var("trend_shrinkage") | float %}
    {% set days = var("novelty_days") | float %}
    {% set measures = {
        "users": ratio("user_count", size),
        "window": ratio("recent_count", size),
        "decayed": "decayed_weight",
        "trending": ratio(
            "(recent_count + " ~ shrinkage ~ ")",
            "(previous_count + " ~ shrinkage ~ ")",
        ),
    } %}
    {{ measures["users"] }} as user_share,
    {{ measures["window"] }} as recent_share,
    decayed_weight,
    {{ measures["trending"] }} as trend,
    {{ measures[var("popularity")] }}
    {% if var("novelty_boost") > 0 %}
        * (
            1
            + {{ var("novelty_boost") | float }}
            * exp(- greatest(age_days, 0) / {{ days }})
        )
    {% endif %} as score
{% endmacro %}
