-- One row per item_index: a vector that says what the item is like, of length 1.
-- From var embed: the catalogue's own, topics of texts (lsa), a static model of texts,
-- or factors that a source learned. Without a direction it is all zeros.
{% set kind = embedding_kind() %}
{{ config(enabled=kind != "") }}
with
    items as (select * from {{ ref("int_items") }}),
    {% if kind == "mapped" %}
        embeddings as (select * from {{ ref("stg_item_embeddings") }}),

        vectors as (
            select items.item_index, cast(embeddings.vector as double[]) as vector
            from embeddings
            inner join items on embeddings.item_id = items.item_id
            where embeddings.is_usable
        ),
    {% elif kind == "lsa" %}
        models as (select * from {{ ref("sig_lsa_model") }}),

        topics as ({{ unnested_values("models", "factors.user_factors", "vector") }}),

        vectors as (
            select items.item_index, cast(topics.vector as double[]) as vector
            from topics
            inner join items on topics.value_index = items.item_index
        ),
    {% elif kind == "static" %}
        texts as (select * from {{ ref("sig_text_vectors") }}),

        vectors as (
            select items.item_index, cast(texts.vector as double[]) as vector
            from items
            inner join
                texts
                on md5(
                    concat(
                        {{ text_or_null(var("embed_folder")) }}, ': ', items.item_text
                    )
                )
                = texts.text_hash
        ),
    {% else %}
        models as (select * from {{ ref("sig_factor_models") }}),
        item_factors as (select * from {{ ref("sig_item_factors") }}),

        vectors as (
            select
                item_factors.item_index,
                cast(item_factors.factors as double[])[1:models.dimensions] as vector
            from item_factors
            inner join models on item_factors.model_name = models.model_name
            where models.model_name = '{{ kind }}'
        ),
    {% endif %}

    final as ({{ unit_vectors("vectors", ["item_index"]) }})

select *
from final
