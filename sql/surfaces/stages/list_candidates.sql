-- One row per (surface, user_id, candidate_source, item_id): what sources propose, and
-- the ranker where a surface wants it.
-- surface is null for surfaces that show everything; of a surface with a catalogue of
-- its own what is in it, ranked anew, as where it means another thing by repeats. A
-- view of cand_all where no surface does.
{% set own = surfaces_use(["where"]) == "yes" %}
{{ config(materialized="table" if own else "view") }}
{% set columns = "candidate_source, lead_source, score, is_repeat, reason_item_id" %}
with
    candidates as (select * from {{ ref("list_proposals") }}),

    {% if own %}
        user_scopes as (select * from {{ ref("elig_user_scopes") }}),
        scope_items as (select * from {{ ref("elig_scope_items") }}),

        own_candidates as (
            select user_scopes.surface, scope_items.item_index, candidates.*
            from candidates
            inner join
                user_scopes
                on candidates.user_id = user_scopes.user_id
                and user_scopes.surface is not null
            inner join
                scope_items
                on user_scopes.scope_index = scope_items.scope_index
                and candidates.item_id = scope_items.item_id
        ),
    {% endif %}

    {% if redefines_repeats() == "yes" %}
        own_repeats as (select * from {{ ref("list_own_repeats") }}),
    {% endif %}

    final as (
        select
            cast(null as varchar) as surface,
            user_id,
            item_id,
            {{ columns }},
            kind_rank,
            item_rank
        from candidates
        {% if own %}
            where
                kind_rank <= {{ var("candidates_per_user") | int }}
                or candidate_source = 'ranker'
            union all
            select
                surface,
                user_id,
                item_id,
                {{ columns }},
                row_number() over (
                    partition by surface, user_id, candidate_source, is_repeat
                    order by score desc, item_index
                ),
                row_number() over (
                    partition by surface, user_id, candidate_source
                    order by score desc, item_index
                )
            from own_candidates
        {% endif %}
        {% if redefines_repeats() == "yes" %}
            union all
            select surface, user_id, item_id, {{ columns }}, kind_rank, item_rank
            from own_repeats
        {% endif %}
    )

select *
from final
