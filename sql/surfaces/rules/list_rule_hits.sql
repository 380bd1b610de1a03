-- One row per (user_id, surface, item_id, rule_number): the items of a pool that a rule
-- hides, boosts or buries. A rule's condition may name columns of items, users,
-- attributes (of items) and candidates (columns of list_pools).
{{ config(enabled=surfaces_move() == "yes") }}
with
    candidates as (select * from {{ ref("list_pools") }}),
    rules as (select * from {{ ref("list_rules") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("elig_item_categories") }}),
    attributes as (select * from {{ ref("stg_item_details") }}),

    tested as (
        select
            user_id,
            surface,
            item_id,
            cast(0 as integer) as rule_number,
            surface as category_role,
            cast(0 as integer) as holds
        from candidates
        where false
        {% for surface in var("surfaces") %}
            {% for rule in surface.get("rules") or [] %}
                {% if rule["do"] != "slot" %}
                    union all
                    select
                        candidates.user_id,
                        candidates.surface,
                        candidates.item_id,
                        {{ loop.index }},
                        items.category_role,
                        case when {{ rule["when"] }} then 1 else 0 end
                    from candidates
                    inner join users on candidates.user_id = users.user_id
                    inner join items on candidates.item_id = items.item_id
                    left join attributes on candidates.item_id = attributes.item_id
                    where
                        candidates.surface = {{ text(surface["name"]) }}
                        and (items.category_role is not null or ({{ rule["when"] }}))
                {% endif %}
            {% endfor %}
        {% endfor %}
    ),

    hit as ({{ category_matches("tested", "user_id, surface, item_id, rule_number") }}),

    final as (
        select
            hit.user_id,
            hit.surface,
            hit.item_id,
            hit.rule_number,
            rules.rule_name,
            rules.action,
            rules.factor
        from hit
        inner join
            rules
            on hit.surface = rules.surface
            and hit.rule_number = rules.rule_number
            and rules.slot_number = 1
    )

select *
from final
