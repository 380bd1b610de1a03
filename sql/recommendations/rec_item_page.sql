-- One row per (item_id, region, item_rank): what the page of an item shows,
-- everywhere and
-- in each region that availability or restrictions name.
-- What goes with it; first what replaces it, where the item may not be shown itself.
{% set wanted = var("item_page_length") | int %}
{% set has_substitutes = "content" in var("candidate_sources") %}
with
    rules as (select * from {{ ref("rec_complements") }}),
    popular as (select * from {{ ref("sig_page_fill") }}),
    items as (select * from {{ ref("int_items") }}),
    on_sale as (select * from {{ ref("elig_region_items") }}),
    {% if has_substitutes %}
        substitutes as (select * from {{ ref("rec_substitutes") }}),
    {% endif %}

    regions as (select region from on_sale group by region),

    {% if has_substitutes %}
        replacing as (
            select
                substitutes.item_id,
                substitutes.region,
                substitutes.related_item_id,
                substitutes.item_rank
            from substitutes
            left join
                on_sale
                on substitutes.region = on_sale.region
                and substitutes.item_id = on_sale.item_id
            where on_sale.item_id is null and substitutes.item_rank <= {{ wanted }}
        ),
    {% endif %}

    complements as (
        select item_id, region, related_item_id, 'complement' as kind, item_rank
        from rules
        union all
        select items.item_id, popular.region, filled.item_id, 'popular', list_rank
        from popular
        inner join items on popular.antecedent_index = items.item_index
        inner join items as filled on popular.consequent_index = filled.item_index
    ),

    united as (
        select
            complements.item_id,
            complements.region,
            complements.related_item_id,
            complements.kind,
            {{ wanted }} + complements.item_rank as place
        from complements
        inner join regions on complements.region = regions.region
        {% if has_substitutes %}
            left join
                replacing
                on complements.item_id = replacing.item_id
                and complements.region = replacing.region
                and complements.related_item_id = replacing.related_item_id
        {% endif %}
        where complements.item_rank <= {{ wanted }}
        {% if has_substitutes %}
                and replacing.item_id is null
            union all
            select item_id, region, related_item_id, 'substitute', item_rank
            from replacing
        {% endif %}
    ),

    -- places differ, so rank() counts them; for row_number() DuckDB gathers lists
    placed as (
        select *, rank() over (partition by item_id, region order by place) as item_rank
        from united
        qualify item_rank <= {{ wanted }}
    ),

    final as (
        select
            placed.item_id,
            placed.region,
            placed.related_item_id,
            items.title as item_title,
            shown.title as related_title,
            shown.category as related_category,
            on_sale.item_id is not null as is_available,
            placed.kind,
            placed.item_rank,
            {{ run_stamp() }}
        from placed
        inner join items on placed.item_id = items.item_id
        inner join items as shown on placed.related_item_id = shown.item_id
        left join
            on_sale
            on placed.region = on_sale.region
            and placed.item_id = on_sale.item_id
    )

select *
from final
