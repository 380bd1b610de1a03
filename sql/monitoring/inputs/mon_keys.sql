-- One row per (table_name, key_kind, key_text): a user, item, region or category that
-- an input names, as text; `known` is what events and catalogue or users name
-- together.
-- loose_text = the key without blanks around it, in lower case.
{% set has_exposures = uses_exposures() == "yes" %}
with
    items as (select * from {{ ref("int_items") }}),
    users as (select * from {{ ref("int_users") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    catalogue as (select * from {{ ref("stg_items") }}),
    item_categories as (select * from {{ ref("stg_item_categories") }}),
    described as (select * from {{ ref("stg_users") }}),
    availability as (select * from {{ ref("stg_availability") }}),
    restrictions as (select * from {{ ref("stg_restrictions") }}),
    {% if has_exposures %}
        exposures as (select * from {{ ref("stg_exposures") }}),
    {% endif %}

    united as (
        select
            'events' as table_name,
            'region' as key_kind,
            cast(region as varchar) as named
        from baskets
        {% for table_name, kind, column, relation in [
            ("events", "item", "item_id", "items where event_count > 0"),
            ("events", "user", "user_id", "users where event_count > 0"),
            ("known", "item", "item_id", "items"),
            ("known", "user", "user_id", "users"),
            ("items", "item", "item_id", "catalogue"),
            ("items", "category", "category", "item_categories"),
            ("users", "user", "user_id", "described"),
            ("availability", "item", "item_id", "availability"),
            ("availability", "region", "region", "availability"),
            ("restrictions", "item", "item_id", "restrictions"),
            ("restrictions", "user", "user_id", "restrictions"),
            ("restrictions", "region", "region", "restrictions"),
            ("restrictions", "category", "category", "restrictions"),
            ("exposures", "item", "item_id", "exposures"),
            ("exposures", "user", "user_id", "exposures"),
        ] if table_name != "exposures" or has_exposures %}
            union all
            select '{{ table_name }}', '{{ kind }}', cast({{ column }} as varchar)
            from {{ relation }}
        {% endfor %}
    ),

    final as (
        select table_name, key_kind, named as key_text, lower(trim(named)) as loose_text
        from united
        where named is not null
        group by table_name, key_kind, named
    )

select *
from final
