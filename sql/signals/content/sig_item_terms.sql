-- One row per (item_index, term): the words of an item's text, in lower case.
-- A term is a run of letters and digits, or content_ngrams of its characters in a row;
-- terms in more than content_max_item_share of the items are stop words and left out.
{{ config(enabled="content" in var("candidate_sources") or embedding_kind() == "lsa") }}
with
    items as (select * from {{ ref("int_items") }}),

    words as (
        select
            item_index,
            unnest(regexp_extract_all(lower(item_text), '[\p{L}\p{N}]+')) as word
        from items
        where item_text is not null
    ),

    {% set n = var("content_ngrams") | int %}
    {% if n > 0 %}
        -- a blank on each side, so that the ends of a word count as such
        padded as (
            select
                item_index,
                concat(' ', word, ' ') as word,
                unnest(range(1, greatest(length(word) + 4 - {{ n }}, 2))) as start
            from words
        ),

        found as (
            select item_index, substring(word, cast(start as integer), {{ n }}) as term
            from padded
        ),
    {% else %} found as (select item_index, word as term from words),
    {% endif %}

    counted as (
        select item_index, term, count(*) as term_count
        from found
        group by item_index, term
    ),

    described as (select count(distinct item_index) as item_count from counted),

    kept as (
        select
            counted.term,
            count(*) as term_item_count,
            cast(row_number() over (order by counted.term) - 1 as integer) as term_index
        from counted
        cross join described
        group by counted.term, described.item_count
        having
            count(*)
            <= described.item_count * {{ var("content_max_item_share") | float }}
    ),

    final as (
        select
            counted.item_index,
            counted.term,
            kept.term_index,
            counted.term_count,
            kept.term_item_count
        from counted
        inner join kept on counted.term = kept.term
    )

select *
from final
