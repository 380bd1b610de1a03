-- One row per (user_index, item_index): what the ranker chooses from, all sources
-- together.
-- Of each source the best ranker_depth new items and repeats, or with `all` every item
-- that the user may be shown; the source that ranks a pair best leads.
{{ config(enabled=uses_ranker() == "yes") }}
{% set every = var("ranker_depth") == "all" %}
with
    candidates as (select * from {{ ref("cand_all") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    {% if every %}
        user_items as (select * from {{ ref("int_user_items") }}),
        user_scopes as (select * from {{ ref("elig_user_scopes") }}),
        scope_items as (select * from {{ ref("elig_scope_items") }}),
        exclusions as (select * from {{ ref("elig_exclusions") }}),
    {% endif %}

    mentioned as (
        select
            user_id,
            item_id,
            candidate_source,
            is_repeat,
            reason_item_id,
            row_number() over (
                partition by user_id, item_id order by kind_rank, candidate_source
            ) as mention
        from candidates
        {% if not every %}
            where kind_rank <= {{ var("ranker_depth") | int }}
        {% endif %}
    ),

    {% if every %}
        allowed as (
            select user_scopes.user_id, scope_items.item_id, scope_items.item_index
            from user_scopes
            inner join scope_items on user_scopes.scope_index = scope_items.scope_index
            left join
                exclusions
                on user_scopes.user_id = exclusions.user_id
                and scope_items.item_index = exclusions.item_index
            where user_scopes.surface is null and exclusions.user_id is null
        ),

        chosen as (
            select
                allowed.user_id,
                allowed.item_id,
                {{ is_repeat("user_items") }} as is_repeat,
                coalesce(mentioned.candidate_source, 'ranker') as candidate_source,
                mentioned.reason_item_id
            from allowed
            left join
                mentioned
                on allowed.user_id = mentioned.user_id
                and allowed.item_id = mentioned.item_id
                and mentioned.mention = 1
            left join
                user_items
                on allowed.user_id = user_items.user_id
                and allowed.item_id = user_items.item_id
        ),
    {% else %} chosen as (select * from mentioned where mention = 1),
    {% endif %}

    final as (
        select
            chosen.user_id,
            chosen.item_id,
            users.user_index,
            items.item_index,
            chosen.is_repeat,
            chosen.candidate_source as lead_source,
            chosen.reason_item_id
        from chosen
        inner join users on chosen.user_id = users.user_id
        inner join items on chosen.item_id = items.item_id
    )

select *
from final
