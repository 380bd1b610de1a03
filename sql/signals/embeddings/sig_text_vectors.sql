-- One row per text of items, by its hash: its vector by a static model.
-- Model2Vec, Tulkens and van Dongen 2024: weighted mean of the vectors of its tokens.
{{
    config(
        enabled=embedding_kind() == "static",
        materialized="incremental",
        incremental_strategy="append",
    )
}}
with
    items as (select * from {{ ref("int_items") }}),

    -- of another folder the hash is another, too
    texts as (
        select
            md5(
                concat({{ text_or_null(var("embed_folder")) }}, ': ', item_text)
            ) as text_hash,
            min(item_text) as item_text
        from items
        where item_text is not null
        group by text_hash
    ),

    due as (
        select text_hash, item_text
        from texts
        {% if is_incremental() %}
            where text_hash not in (select text_hash from {{ this }})
        {% endif %}
    ),

    found as (
        select
            list(text_hash order by text_hash) as text_hashes,
            static_vectors(
                list(item_text order by text_hash),
                {{ text_or_null(var("embed_folder")) }}
            ) as vectors
        from due
    ),

    final as (
        select unnest(text_hashes) as text_hash, unnest(vectors) as vector from found
    )

select *
from final
