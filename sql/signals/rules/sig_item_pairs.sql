-- One row per (item_index, other_item_index), the smaller first: baskets holding both.
-- A view of the latest counts; with rule_decay_days the weights of baskets are added
-- up.
{% set decayed = var("rule_decay_days") is not none %}
{% set key = "pair_key, decay_block" if decayed else "pair_key" %}
{% set minimum = var("min_pair_count") | int %}
with
    items as (select * from {{ ref("int_items") }}),
    {% if decayed %}
        reference as (select * from {{ ref("int_reference_time") }}),
    {% endif %}

    -- read by name each time: a CTE that is read twice would be copied first
    first_build as (
        select min(counted_at) as counted_at from {{ ref("sig_pair_counts") }}
    ),

    later as (
        select
            {{ key }},
            {% if decayed %}
                arg_max(pair_weight, counted_at) as pair_weight,
            {% endif %}
            arg_max(pair_count, counted_at) as pair_count
        from {{ ref("sig_pair_counts") }}
        where counted_at > (select counted_at from first_build)
        group by {{ key }}
    ),

    latest as (
        select {{ key }}, {{ "pair_weight," if decayed }} pair_count
        from {{ ref("sig_pair_counts") }}
        where
            counted_at = (select counted_at from first_build)
            and ({{ key }}) not in (select {{ key }} from later)
            {% if not decayed %} and pair_count >= {{ minimum }} {% endif %}
        union all
        select {{ key }}, {{ "pair_weight," if decayed }} pair_count
        from later
    ),

    summed as (
        select pair_key,
        {% if decayed %}
                sum(pair_count) as pair_count,
                {{
                    sum_of_blocks(
                        "pair_weight", "decay_block", "reference.reference_at"
                    )
                }} as pair_weight
            from latest
            cross join reference
            group by pair_key
            having sum(pair_count) >= {{ minimum }}
        {% else %}
                pair_count,
                cast(pair_count as bigint) as pair_weight
            from latest
            where pair_count >= {{ minimum }}
        {% endif %}
    ),

    split as (
        select *, cast(floor(pair_key / 4294967296) as bigint) as item_code from summed
    ),

    final as (
        select
            least(one.item_index, other.item_index) as item_index,
            greatest(one.item_index, other.item_index) as other_item_index,
            cast(split.pair_count as bigint) as pair_count,
            split.pair_weight
        from split
        inner join items as one on split.item_code = one.item_code
        inner join
            items as other
            on split.pair_key - split.item_code * 4294967296 = other.item_code
    )

select *
from final
