-- One row per (surface, rule_number, user_id, item_id): what a rule may put at its
-- ranks.
-- By a condition on items and attributes: whatever the user may be shown, the most
-- popular first; by a source: what it proposes.
{{ config(enabled=surfaces_move() == "yes") }}
with
    candidates as (select * from {{ ref("list_candidates") }}),
    items as (select * from {{ ref("elig_item_categories") }}),
    attributes as (select * from {{ ref("stg_item_details") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    tested as (
        select
            cast(null as varchar) as surface,
            cast(0 as integer) as rule_number,
            user_id,
            item_id,
            item_rank as preference,
            cast(null as varchar) as category_role,
            cast(1 as integer) as holds
        from candidates
        where false
        {% for surface in var("surfaces") %}
            {% for rule in surface.get("rules") or [] %}
                {% if rule["do"] == "slot" and rule.get("source") %}
                    union all
                    select
                        {{ text(surface["name"]) }},
                        {{ loop.index }},
                        user_id,
                        item_id,
                        item_rank,
                        null,
                        1
                    from candidates
                    where
                        candidate_source = {{ text(rule["source"]) }}
                        and {{ in_surface_catalogue("candidates.surface", surface) }}
                {% elif rule["do"] == "slot" %}
                    union all
                    select
                        {{ text(surface["name"]) }},
                        {{ loop.index }},
                        user_scopes.user_id,
                        items.item_id,
                        items.item_index + 1,
                        items.category_role,
                        case when {{ rule["when"] }} then 1 else 0 end
                    from items
                    left join attributes on items.item_id = attributes.item_id
                    inner join scope_items on items.item_index = scope_items.item_index
                    inner join
                        user_scopes on scope_items.scope_index = user_scopes.scope_index
                    where
                        {{ in_surface_catalogue("user_scopes.surface", surface) }}
                        and (items.category_role is not null or ({{ rule["when"] }}))
                {% endif %}
            {% endfor %}
        {% endfor %}
    ),

    final as (
        {{
            category_matches(
                "tested", "surface, rule_number, user_id, item_id, preference"
            )
        }}
    )

select *
from final
