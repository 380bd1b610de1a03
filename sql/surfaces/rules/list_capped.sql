-- One row per (user_id, surface, item_id): what the caps of a surface hold back.
-- An item stays where of each attribute in `max_per` fewer items of the same value
-- (of each of its categories) stay before it than its cap; without one it is not
-- capped.
{{ config(enabled=surfaces_use(["max_per"]) == "yes", meta={"blocks": "user_index"}) }}
with
    ruled as (select * from {{ ref("list_ruled") }}),
    users as (select * from {{ ref("int_users") }} where {{ in_block("user_index") }}),
    items as (select * from {{ ref("int_items") }}),
    attributes as (select * from {{ ref("stg_item_details") }}),
    item_categories as (select * from {{ ref("stg_item_categories") }}),

    waiting as (
        select
            ruled.surface,
            users.user_index,
            items.item_index,
            cast(
                row_number() over (
                    partition by ruled.user_id, ruled.surface
                    order by ruled.place, ruled.plain_rank
                ) as integer
            ) as item_place
        from ruled
        inner join users on ruled.user_id = users.user_id
        inner join items on ruled.item_id = items.item_id
        where ruled.left_out is null
    ),

    valued as (
        {% for surface in var("surfaces") if surface.get("max_per") %}
            {% set last = loop.last %}
            {% for name in surface["max_per"] %}
                select
                    {{ text(surface["name"]) }} as surface,
                    items.item_index,
                    {{ loop.index }} as attribute,
                    cast(attributes.{{ name }} as varchar) as label
                from items
                inner join
                    {{ "item_categories" if name == "category" else "attributes" }}
                    as attributes
                    on items.item_id = attributes.item_id
                where attributes.{{ name }} is not null
                {% if not (loop.last and last) %}
                    union all
                {% endif %}
            {% endfor %}
        {% endfor %}
    ),

    kinds as (
        select
            *,
            cast(
                dense_rank() over (partition by surface order by attribute, label)
                - 1 as integer
            ) as kind
        from valued
    ),

    found as (
        {% for surface in var("surfaces") if surface.get("max_per") %}
            select
                {{ text(surface["name"]) }} as surface,
                unnest(
                    hold_back(
                        list(user_index),
                        list(item_index),
                        list(item_place),
                        (
                            select
                                {{ sparse_matrix("item_index", "kind", "attribute") }}
                            from kinds
                            where surface = {{ text(surface["name"]) }}
                        ),
                        [{{ surface["max_per"].values() | join(", ") }}]
                    ),
                    recursive := true
                )
            from waiting
            where surface = {{ text(surface["name"]) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    indexed as (select surface, user_index, item_index from found),

    final as (
        select users.user_id, indexed.surface, items.item_id
        from indexed
        inner join users on indexed.user_index = users.user_index
        inner join items on indexed.item_index = items.item_index
    )

select *
from final
