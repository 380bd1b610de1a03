-- One row per (antecedent_item_id, consequent_item_id) of sig_rules: how strong it is.
-- Every measure comes from the four counts, as in the arules overview (Hahsler), also
-- where rules decay.
{{ config(materialized="view") }}
{% set z = 1.96 %}
with
    rules as (select * from {{ ref("sig_rules") }}),

    compared as (
        select
            *,
            antecedent_count + consequent_count - pair_count as either_count,
            pair_count * basket_count - antecedent_count * consequent_count as surplus,
            sqrt(
                pair_count * (1 - {{ ratio("pair_count", "antecedent_count") }})
                + {{ z * z / 4 }}
            ) as spread
        from rules
    ),

    final as (
        select
            antecedent_item_id,
            consequent_item_id,
            antecedent_index,
            consequent_index,
            greatest(
                (pair_count + {{ z * z / 2 }} - {{ z }} * spread)
                / (antecedent_count + {{ z * z }}),
                0
            ) as confidence_low,
            least(
                (pair_count + {{ z * z / 2 }} + {{ z }} * spread)
                / (antecedent_count + {{ z * z }}),
                1
            ) as confidence_high,
            -- 0 / 0 where the antecedent is in every basket and so tells nothing
            coalesce(
                {{
                    ratio(
                        "surplus",
                        "greatest(pair_count * (basket_count - antecedent_count), "
                        "antecedent_count * (consequent_count - pair_count))",
                    )
                }},
                0
            ) as zhang,
            case
                when surplus > 0
                then
                    {{
                        ratio(
                            "surplus",
                            "antecedent_count * (basket_count - consequent_count)",
                        )
                    }}
                else {{ ratio("surplus", "antecedent_count * consequent_count") }}
            end as certainty_factor,
            {{ ratio("pair_count", "either_count") }} as jaccard,
            {{
                ratio(
                    "pair_count",
                    "sqrt(cast(antecedent_count * consequent_count as double))",
                )
            }} as cosine,
            (
                {{ ratio("pair_count", "antecedent_count") }}
                + {{ ratio("pair_count", "consequent_count") }}
            )
            / 2 as kulczynski,
            {{ ratio("abs(antecedent_count - consequent_count)", "either_count") }}
            as imbalance_ratio,
            ln(
                {{
                    ratio(
                        "pair_count * basket_count",
                        "antecedent_count * consequent_count",
                    )
                }}
            ) / nullif(
                - ln({{ ratio("pair_count", "basket_count") }}), 0
            ) as normalized_pmi,
            {{
                ratio(
                    "pair_count * (basket_count - either_count)",
                    "(antecedent_count - pair_count) * (consequent_count - pair_count)",
                )
            }} as odds_ratio
        from compared
    )

select *
from final
