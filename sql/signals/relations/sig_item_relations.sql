-- One row per (item_index, other_item_index), the smaller first: does one replace the
-- other, or do they go together, by what the same users do?
-- lift = (seen + m) / (expected + m), m = relation_prior; z = (seen - expected) / root
-- of the larger of the two, as a count varies by its root.
{{ config(enabled=var("item_relations")) }}
{% set prior = var("relation_prior") | float %}
{% set z = 1.96 %}
{% set has_texts = "content" in var("candidate_sources") %}
with
    shared as (select * from {{ ref("sig_shared_users") }}),
    basket_items as (select * from {{ ref("int_basket_items") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    items as (select * from {{ ref("int_items") }}),
    {% if has_texts %}
        texts as (select * from {{ ref("sig_relation_texts") }}),
    {% endif %}

    held as (
        select baskets.basket_index, items.item_index, items.category
        from basket_items
        inner join items on basket_items.item_index = items.item_index
        inner join baskets on basket_items.basket_index = baskets.basket_index
        where baskets.user_id is not null and items.is_eligible
    ),

    together as (
        select
            one.item_index, other.item_index as other_item_index, count(*) as pair_count
        from held as one
        inner join
            held as other
            on one.basket_index = other.basket_index
            and one.category = other.category
            and one.item_index < other.item_index
        group by one.item_index, other.item_index
    ),

    counted as (
        select
            shared.*,
            coalesce(together.pair_count, 0) as pair_count,
            {{ "texts.similarity" if has_texts else "cast(null as double)" }}
            as similarity
        from shared
        left join
            together
            on shared.item_index = together.item_index
            and shared.other_item_index = together.other_item_index
        {% if has_texts %}
            left join
                texts
                on shared.item_index = texts.item_index
                and shared.other_item_index = texts.other_item_index
        {% endif %}
    ),

    measured as (
        select
            *,
            {% for kind in ("user", "pair") %}
                {% set seen, expected = (
                    kind ~ "_count",
                    "expected_" ~ kind ~ "_count",
                ) %}
                ({{ seen }} + {{ prior }})
                / ({{ expected }} + {{ prior }}) as {{ kind }}_lift,
                ({{ seen }} - {{ expected }})
                / sqrt(greatest({{ seen }}, {{ expected }})) as {{ kind }}_z
                {{- "" if loop.last else "," }}
            {% endfor %}
        from counted
    ),

    final as (
        select
            item_index,
            other_item_index,
            user_count,
            expected_user_count,
            user_lift,
            user_z,
            pair_count,
            expected_pair_count,
            pair_lift,
            pair_z,
            similarity,
            user_z >= {{ z }}
            and pair_z <= -{{ z }}
            and coalesce(similarity, 1)
            >= {{ var("relation_min_similarity") | float }} as is_substitute,
            pair_z >= {{ z }} as is_complement
        from measured
    )

select *
from final
