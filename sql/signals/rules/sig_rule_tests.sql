-- One row per (antecedent_item_id, consequent_item_id) of sig_rules: is it chance?
-- Log-likelihood ratio: Dunning 1993; p_value = erfc(sqrt(ratio / 2)).
{{ config(materialized="view") }}
-- erfc by the fit of Press et al., Numerical Recipes 6.2: relative error below 1.2e-7
{% set erfc_fit = [
    -1.26551223,
    1.00002368,
    0.37409196,
    0.09678418,
    -0.18628806,
    0.27886807,
    -1.13520398,
    1.48851587,
    -0.82215223,
    0.17087277,
] %}
with
    rules as (select * from {{ ref("sig_rules") }}),

    counted as (
        select
            antecedent_item_id,
            consequent_item_id,
            antecedent_index,
            consequent_index,
            {{ two_by_two("pair_count") }}
        from rules
    ),

    compared as (
        select *, {{ chi_square() }} as chi_square, {{ log_likelihood_ratio() }} as llr
        from counted
    ),

    scaled as (select *, 1 / (1 + sqrt(llr / 8)) as t from compared),

    final as (
        select
            antecedent_item_id,
            consequent_item_id,
            antecedent_index,
            consequent_index,
            chi_square,
            llr as log_likelihood_ratio,
            least(
                t * exp(
                    - llr / 2
                    {% for factor in erfc_fit %}
                        + {{ factor }} * pow(t, {{ loop.index0 }})
                    {% endfor %}
                ),
                1
            ) as p_value
        from scaled
    )

select *
from final
