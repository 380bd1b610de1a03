-- One row per (user_index, allow_repeat, candidate_source, batch): the chance that an
-- item of the batch is taken, by gradient-boosted trees; a batch comes after those
-- before it.
-- chance = min(score) over (partition by user and source order by batch).
{{ config(enabled=uses_mix() == "yes") }}
with
    batches as (select * from {{ ref("rank_batches") }}),
    mixer as (select * from {{ ref("stg_mixers") }}),

    found as (
        select
            unnest(
                rank_score(
                    (select booster from mixer),
                    [
                        {% for feature in mix_features().split() %}
                            '{{ feature }}',
                        {% endfor %}
                    ],
                    list(user_index),
                    list(batch_number),
                    list(
                        [
                            {% for feature in mix_features().split() %}
                                cast({{ feature }} as float),
                            {% endfor %}
                        ]
                    )
                ),
                recursive := true
            )
        from batches
        group by floor(user_index / 5000)
    ),

    called as (select user_index, item_index as batch_number, score from found),

    final as (
        select
            batches.user_index,
            batches.allow_repeat,
            batches.candidate_source,
            batches.batch,
            called.score,
            min(called.score) over (
                partition by
                    batches.user_index, batches.allow_repeat, batches.candidate_source
                order by batches.batch
            ) as chance
        from batches
        inner join
            called
            on batches.user_index = called.user_index
            and batches.batch_number = called.batch_number
    )

select *
from final
