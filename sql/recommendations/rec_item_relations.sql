-- One row per (item_id, related_item_id): whether the other item replaces this one or
-- goes with it, by what the same users do; see sig_item_relations.
{{ config(enabled=var("item_relations")) }}
{% set measures = "user_count, user_lift, pair_count, pair_lift, similarity" %}
{% set verdicts = "is_substitute, is_complement" %}
with
    items as (select * from {{ ref("int_items") }}),
    relations as (select * from {{ ref("sig_item_relations") }}),

    directed as (
        select item_index, other_item_index, {{ measures }}, {{ verdicts }}
        from relations
        union all
        select other_item_index, item_index, {{ measures }}, {{ verdicts }}
        from relations
    ),

    final as (
        select
            items.item_id,
            others.item_id as related_item_id,
            items.title as item_title,
            others.title as related_title,
            directed.user_count,
            directed.user_lift,
            directed.pair_count,
            directed.pair_lift,
            directed.similarity,
            directed.is_substitute,
            directed.is_complement,
            {{ run_stamp() }}
        from directed
        inner join items on directed.item_index = items.item_index
        inner join items as others on directed.other_item_index = others.item_index
    )

select *
from final
