-- One row per (user_id, item_id): items that came in the last new_item_days.
-- score = (users + 1) / (age in days + 7): unsold ones come up at first, then sink.
{{ config(enabled="new_items" in var("candidate_sources")) }}
with
    items as (select * from {{ ref("int_items") }}),
    recent as (select * from {{ ref("int_recent_items") }}),
    ages as (select * from {{ ref("int_item_ages") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    fresh as (
        select
            items.item_id,
            items.item_index,
            {{ ratio("(items.user_count + 1)", "(ages.age_days + 7)") }} as score
        from items
        inner join recent on items.item_id = recent.item_id
        inner join ages on items.item_id = ages.item_id
        where items.is_eligible or items.is_new
    ),

    ranked as ({{ ranked_by_scope("fresh", "scope_items") }}),

    audiences as (select user_id, scope_index as audience from user_scopes),

    scored as ({{ audience_scores("audiences", "ranked") }}),

    final as ({{ best_candidates("scored", "new_items") }})

select *
from final
