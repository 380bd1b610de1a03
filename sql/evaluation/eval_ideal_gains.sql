-- One row per (k, relevant_count): the DCG of the best possible list, cut at k.
-- ideal_gain = sum over the first min(relevant_count, k) places of 1 / log2(place + 1).
{{ config(enabled=var("as_of") is not none) }}
with
    cutoffs as (select unnest({{ var("eval_cutoffs") }}) as k),

    places as (
        select unnest(range(1, {{ var("eval_cutoffs") | max | int }} + 1)) as place
    ),

    final as (
        select
            cutoffs.k,
            counts.place as relevant_count,
            {{ stable_sum("1 / log2(places.place + 1)") }} as ideal_gain
        from cutoffs
        inner join places as counts on counts.place <= cutoffs.k
        inner join places on places.place <= counts.place
        group by cutoffs.k, counts.place
    )

select *
from final
