{#- neighbour_ratings(pairs, neighbours, residuals): the body of a CTE that adds to pairs, made by baseline_ratings,
    what the user's ratings of similar items say: the baseline + sum of similarity *
    residual / (rating_damping + sum of similarity). The others are CTEs of
    sig_rating_neighbours and sig_rating_residuals.
    neighbour_ratings("based", "neighbours", "residuals")  ->  select based.*, ... as predicted_rating from based ... -#}
{% macro neighbour_ratings(pairs, neighbours, residuals) %}
    {%- set term = neighbours ~ ".similarity * " ~ residuals ~ ".residual" %}
    {%- set pair = pairs ~ ".user_index, " ~ pairs ~ ".item_index" %}
    select
        {{ pairs }}.*,
        {{ pairs }}.baseline + coalesce(
            residual_sum / ({{ var("rating_damping") | float }} + similarity_sum), 0
        ) as predicted_rating
    from {{ pairs }}
    left join
        (
            select
                {{ pair }},
                {{ stable_sum(term) }} as residual_sum,
                {{ stable_sum(neighbours ~ ".similarity") }} as similarity_sum
            from {{ pairs }}
            inner join
                {{ neighbours }} on {{ pairs }}.item_index = {{ neighbours }}.item_index
            inner join
                {{ residuals }}
                on {{ pairs }}.user_index = {{ residuals }}.user_index
                and {{ neighbours }}.similar_item_index = {{ residuals }}.item_index
            group by {{ pair }}
        ) as near using (user_index, item_index)
{% endmacro %}
