{#- feature_weight(weighting, amount, holders, rows_count, length_share): how much a feature
    (a term, a user) says of a row that holds it `amount` times, where `holders` of all
    rows hold it. tfidf: Salton and Buckley 1988, with a root for repeats. bm25: Robertson
    and Zaragoza 2009, by vars bm25_k1 and bm25_b; length_share is the row's length over the
    mean. cosine: the amount itself. exponents: common features to var knn_user_exponent.
    Measures that count common features: 1.
    feature_weight("cosine", "term_count", ...)  ->  cast(term_count as double) -#}
{% macro feature_weight(weighting, amount, holders, rows_count, length_share) -%}
    {%- set rarity = "ln(" ~ ratio(rows_count ~ " + 1", holders ~ " + 1") ~ ")" -%}
    {%- set k1, b = var("bm25_k1") | float, var("bm25_b") | float -%}
    {%- set exponent = -(var("knn_user_exponent") | float) / 2 -%}
    {%- if weighting == "tfidf" -%} (sqrt({{ amount }}) * {{ rarity }})
    {%- elif weighting == "bm25" -%}
        (
            {{ amount }}
            * {{ 1 + k1 }}
            / ({{ amount }} + {{ k1 }} * ({{ 1 - b }} + {{ b }} * {{ length_share }}))
            * {{ rarity }}
        )
    {%- elif weighting == "cosine" -%} cast({{ amount }} as double)
    {%- elif weighting == "exponents" -%} power({{ holders }}, {{ exponent }})
    {%- elif weighting in ("jaccard", "lift", "conditional", "asymmetric") -%}
        cast(1 as double)
    {%- else -%} {{ weighting }}_is_no_weighting
    {%- endif -%}
{%- endmacro %}
