-- One row per (user_index, allow_repeat, candidate_source, item_index): the batch in
-- which a source proposes an item, on surfaces with strategy mix.
-- batch = ceil(rank / mix_batch), the rank among what the surface allows.
{{ config(enabled=uses_mix() == "yes") }}
with
    candidates as (select * from {{ ref("cand_all") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    kinds as (
        {% set kinds = (
            var("surfaces")
            | selectattr("strategy", "defined")
            | selectattr("strategy", "equalto", "mix")
            | map(attribute="allow_repeat")
            | unique
            | list
        ) %}
        {% for kind in kinds or ["all"] %}
            select {{ text(kind) }} as allow_repeat
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            users.user_index,
            items.item_index,
            users.user_id,
            items.item_id,
            kinds.allow_repeat,
            candidates.candidate_source,
            candidates.score,
            candidates.is_repeat,
            cast(
                ceil(
                    case
                        when kinds.allow_repeat = 'all'
                        then candidates.item_rank
                        else candidates.kind_rank
                    end
                    / {{ var("mix_batch") | float }}
                ) as integer
            ) as batch
        from candidates
        inner join users on candidates.user_id = users.user_id
        inner join items on candidates.item_id = items.item_id
        inner join
            kinds
            on {{ matches_allow_repeat("candidates.is_repeat", "kinds.allow_repeat") }}
    )

select *
from final
