-- A refresh counts a pair once; with rule_decay_days once per block of time.
with
    counts as (select * from {{ ref("sig_pair_counts") }}),

    final as (
        select
            concat('pair ', cast(pair_key as varchar), ' was counted twice') as problem
        from counts
        group by
            pair_key,
            {% if var("rule_decay_days") is not none %}
                decay_block,
            {% endif %} counted_at
        having count(*) > 1
    )

select *
from final
