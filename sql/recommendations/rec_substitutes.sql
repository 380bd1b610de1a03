-- One row per (item_id, region, item_rank): what can replace an item, by both texts,
-- everywhere and in each region that availability or restrictions name.
-- similarity = cosine of the items' term weights; shared_terms by what they say of the
-- item. Also for an item that was never sold.
{{ config(enabled="content" in var("candidate_sources")) }}
with
    items as (select * from {{ ref("int_items") }}),
    ranked as (select * from {{ ref("sig_substitutes") }}),
    term_weights as (select * from {{ ref("sig_item_term_weights") }}),

    -- no term holds a bar
    told as (
        select
            item_index,
            string_split(string_agg(term, '|' order by weight desc, term), '|') as terms
        from term_weights
        group by item_index
    ),

    pairs as (select distinct item_index, similar_item_index from ranked),

    shared as (
        select
            pairs.item_index,
            pairs.similar_item_index,
            array_to_string(
                list_filter(mine.terms, lambda term:list_contains(theirs.terms, term)),
                ', '
            ) as shared_terms
        from pairs
        inner join told as mine on pairs.item_index = mine.item_index
        inner join told as theirs on pairs.similar_item_index = theirs.item_index
    ),

    final as (
        select
            items.item_id,
            ranked.region,
            other.item_id as related_item_id,
            items.title as item_title,
            other.title as related_title,
            other.category as related_category,
            ranked.similarity,
            shared.shared_terms,
            ranked.item_rank,
            {{ run_stamp() }}
        from ranked
        inner join
            shared
            on ranked.item_index = shared.item_index
            and ranked.similar_item_index = shared.similar_item_index
        inner join items on ranked.item_index = items.item_index
        inner join items as other on ranked.similar_item_index = other.item_index
    )

select *
from final
