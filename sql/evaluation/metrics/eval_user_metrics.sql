-- One row per (list_name, allow_repeat, user_id, k): how good a list is.
-- Järvelin and Kekäläinen 2002 (NDCG); all formulas in seed metric_definitions.
{{ config(enabled=var("as_of") is not none) }}
{% set persistence = "cast(" ~ var("eval_rbp_persistence") ~ " as double)" %}
{% set looks = "power(" ~ persistence ~ ", hits.item_rank - 1)" %}
{% set sums = "hit_count first_hit_count precision_sum reciprocal_rank gain patience self_information" %}
{% set b = (var("eval_f_beta") | float) ** 2 %}
with
    kinds as (select * from {{ ref("eval_kinds") }}),
    ideals as (select * from {{ ref("eval_ideals") }}),
    hits as (select * from {{ ref("eval_hits") }}),
    items as (select * from {{ ref("int_items") }}),

    catalogue as (select count(*) as item_count from items where is_eligible),

    gained as (
        select
            hits.list_name,
            hits.allow_repeat,
            hits.user_id,
            ideals.k,
            count(*) as hit_count,
            count(
                case when hits.item_rank <= ideals.truth_count then 1 end
            ) as first_hit_count,
            {{ stable_sum("hits.hit_number / cast(hits.item_rank as double)") }}
            as precision_sum,
            1 / cast(min(hits.item_rank) as double) as reciprocal_rank,
            {{ stable_sum("1 / log2(hits.item_rank + 1)") }} as gain,
            {{ stable_sum(looks) }} as patience,
            {{ if_metric_enabled("weighted_recall", stable_sum("hits.item_weight")) }}
            as item_weight,
            -- what is in too few baskets is as rare as the rarest of the catalogue
            sum(
                greatest(
                    least(hits.popularity_place, catalogue.item_count) - hits.item_rank,
                    0
                )
            ) as self_information
        from hits
        cross join catalogue
        inner join
            ideals
            on hits.allow_repeat = ideals.allow_repeat
            and hits.user_id = ideals.user_id
            and hits.item_rank <= ideals.k
        group by hits.list_name, hits.allow_repeat, hits.user_id, ideals.k
    ),

    -- whoever took something that counts; without a hit the figures are 0
    joined as (
        select
            kinds.list_name,
            ideals.*,
            least(ideals.truth_count, ideals.k) as possible_count,
            catalogue.item_count,
            coalesce(gained.item_weight, 0) as hit_weight
            {% for name in sums.split() -%}
                , coalesce(gained.{{ name }}, 0) as {{ name }}
            {%- endfor %}
        from ideals
        inner join kinds using (allow_repeat)
        cross join catalogue
        left join gained using (list_name, allow_repeat, user_id, k)
        where ideals.is_newcomer = (kinds.list_name = 'new users')
    ),

    final as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            hit_count,
            truth_count,
            catalogue_count,
            {{ ratio("hit_count", "k") }} as precision,
            {{ ratio("hit_count", "truth_count") }} as recall,
            {{ ratio("2 * hit_count", "k + truth_count") }} as f1,
            {{ ratio("(1 + " ~ b ~ ") * hit_count", "k + " ~ b ~ " * truth_count") }}
            as f_beta,
            cast(case when hit_count > 0 then 1 else 0 end as double) as hit_rate,
            {{ ratio("first_hit_count", "possible_count") }} as r_precision,
            precision_sum / possible_count as average_precision,
            precision_sum / truth_count as average_precision_n,
            precision_sum / k as average_precision_k,
            reciprocal_rank,
            gain / ideal_gain as ndcg,
            gain / whole_ideal_gain as ndcg_n,
            (1 - {{ persistence }}) * patience as rbp,
            hit_weight / item_weight as weighted_recall,
            {{ ratio("self_information", "item_count * k") }} as serendipity
        from joined
    )

select *
from final
