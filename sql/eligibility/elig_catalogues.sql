-- One row per (surface, profile, item_index): the catalogue of a surface of its own.
-- The items for which the surface's `where` holds; it may name columns of items, of
-- attributes (of items) and of users, of whom one speaks for each profile.
{{ config(enabled=surfaces_use(["where"]) == "yes") }}
with
    profiles as (select * from {{ ref("elig_profiles") }}),
    everyone as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("elig_item_categories") }}),
    attributes as (select * from {{ ref("stg_item_details") }}),

    speakers as (
        select surface, profile, min(user_index) as user_index
        from profiles
        group by surface, profile
    ),

    users as (
        select everyone.*, speakers.surface, speakers.profile
        from speakers
        inner join everyone on speakers.user_index = everyone.user_index
    ),

    tested as (
        {% for surface in var("surfaces") if surface.get("where") %}
            select
                users.surface,
                users.profile,
                items.item_index,
                items.category_role,
                case when {{ surface["where"] }} then 1 else 0 end as holds
            from users
            cross join items
            left join attributes on items.item_id = attributes.item_id
            where
                users.surface = {{ text(surface["name"]) }}
                and (items.category_role is not null or ({{ surface["where"] }}))
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as ({{ category_matches("tested", "surface, profile, item_index") }})

select *
from final
