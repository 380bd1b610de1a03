{#- ranker_features(theme): the names of the columns that model rank_<theme> adds to
    rank_features, in the order in which the ranker reads them, with blanks between.
    ranker_features("factors")  ->  factor_product factor_cosine -#}
{% macro ranker_features(theme) -%}
    {%- if theme == "sources" -%}
        source_count
        {%- for name in var("candidate_sources") %}
            {{ name }}_score {{ name }}_rank
        {%- endfor -%}
    {%- elif theme == "history" -%}
        basket_count basket_share days_since_last days_since_first baskets_since_last
        own_gap_days item_gap_days overdue
        {%- for days in var("ranker_half_lives") %} decayed_{{ days | int }}
        {%- endfor -%}
    {%- elif theme == "users" -%}
        order_count recent_orders days_since_order user_item_count user_repeat_share
    {%- elif theme == "items" -%}
        item_users item_weight item_trend item_repeat_share item_baskets_per_user
        item_return_share item_age_days item_days_since_sold
        {%- for days in var("ranker_windows") %} item_users_{{ days | int }}
        {%- endfor -%}
    {%- elif theme == "affinity" -%}
        {%- for name in ranker_attributes().split() %}
            {{ name }}_weight {{ name }}_share {{ name }}_baskets {{ name }}_days
        {%- endfor -%}
    {%- elif theme == "copurchase" -%} copurchase_max copurchase_mean copurchase_sum
    {%- elif theme == "factors" -%} factor_product factor_cosine
    {%- endif -%}
{%- endmacro %}
