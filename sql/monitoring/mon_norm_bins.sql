-- One row per (part, bin): the vectors of each factor model by the octave of their
-- length.
{{ config(enabled=factor_sources() != "") }}
with
    user_factors as (select * from {{ ref("sig_user_factors") }}),
    item_factors as (select * from {{ ref("sig_item_factors") }}),

    vectors as (
        select concat(model_name, ' users') as part, factors
        from user_factors
        union all
        select concat(model_name, ' items'), factors
        from item_factors
    ),

    measured as (
        select part, sqrt(list_inner_product(factors, factors)) as norm
        from (select part, cast(factors as double[]) as factors from vectors) as wide
    ),

    binned as (select part, {{ octave("norm") }} as bin from measured),

    final as (select part, bin, count(*) as vector_count from binned group by part, bin)

select *
from final
