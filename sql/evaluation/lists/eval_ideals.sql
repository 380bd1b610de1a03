-- One row per (allow_repeat, user_id, k): what the best possible list would gain.
-- ideal_gain = sum over the first min(items taken, k) places of 1 / log2(place + 1);
-- whole_ideal_gain over as many places as items were taken.
{{ config(enabled=var("as_of") is not none) }}
with
    kinds as (select * from {{ ref("eval_kinds") }}),
    truth as (select * from {{ ref("eval_truth") }}),

    scored as (select allow_repeat from kinds group by allow_repeat),

    cutoffs as (select unnest({{ var("eval_cutoffs") }}) as k),

    counted as (
        select
            scored.allow_repeat,
            truth.user_id,
            truth.is_newcomer,
            count(*) as truth_count,
            count(
                case
                    when
                        coalesce(truth.unlistable_because, '')
                        not in ('unknown', 'rare')
                    then 1
                end
            ) as catalogue_count,
            {{ if_metric_enabled("weighted_recall", stable_sum("truth.item_weight")) }}
            as item_weight
        from truth
        inner join
            scored
            on {{ matches_allow_repeat("truth.is_repeat", "scored.allow_repeat") }}
        group by scored.allow_repeat, truth.user_id, truth.is_newcomer
    ),

    longest as (
        select
            greatest(max(truth_count), {{ var("eval_cutoffs") | max | int }}) as places
        from counted
    ),

    places as (
        select unnest(range(1, cast(places as bigint) + 1)) as place from longest
    ),

    -- the gain depends on the number of items only: no user needs a sum of their own
    gains as (
        select
            place,
            {{ stable_sum("1 / log2(place + 1)", over="over (order by place)") }}
            as ideal_gain
        from places
    ),

    final as (
        select
            counted.allow_repeat,
            counted.user_id,
            counted.is_newcomer,
            cutoffs.k,
            counted.truth_count,
            counted.catalogue_count,
            counted.item_weight,
            gains.ideal_gain,
            wholes.ideal_gain as whole_ideal_gain
        from counted
        cross join cutoffs
        inner join gains on gains.place = least(counted.truth_count, cutoffs.k)
        inner join gains as wholes on counted.truth_count = wholes.place
    )

select *
from final
