-- One row per (user_id, surface, item_rank): what a surface shows a user, and what it
-- would show next, each with its reason in words.
{{ config(materialized="view") }}
{% set reasoned = reasoned_sources().split() %}
{% set wordless = reasoned + "als feature_als bpr bspm lmf svd".split() %}
{% set wordless = wordless + ["tifu_knn", "user_knn"] %}
with
    lists as (select * from {{ ref("list_ranked") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    {% if reasoned %} reasons as (select * from {{ ref("list_reasons") }}), {% endif %}

    final as (
        select
            lists.user_id,
            lists.surface,
            lists.item_id,
            items.title as item_title,
            items.category,
            lists.score,
            lists.is_repeat,
            lists.candidate_source,
            case
                when user_items.item_id is not null
                then {{ history_reason("user_items") }}
                when
                    because.item_id is not null
                    and lists.lead_source
                    in ('rules', 'ease', 'edlae', 'graph_filter', 'sar')
                then concat('goes with ', because.title)
                when lists.lead_source = 'sequential'
                then concat('often follows ', because.title)
                when because.item_id is not null and lists.lead_source = 'item_knn'
                then concat('like ', because.title)
                when lists.lead_source in ('content', 'embedding')
                then concat('similar to ', because.title)
                when lists.lead_source = 'session_knn'
                then concat('in orders like yours, with ', because.title)
                when lists.lead_source = 'new_items'
                then 'new arrival'
                when lists.lead_source = 'ranker'
                then 'the ranker found it among all that may be shown'
                when lists.lead_source = 'group_popular'
                then
                    concat(
                        'popular in ',
                        replace(users.group_kind, '_', ' '),
                        ' ',
                        users.group_name
                    )
                when lists.lead_source = 'popular'
                then 'popular with everyone'
                when
                    lists.candidate_source = lists.lead_source
                    and lists.score <= 0
                    and lists.lead_source in ('{{ wordless | join("', '") }}')
                then 'fills the list; nothing is known to speak for it'
                when lists.lead_source = 'feature_als'
                then 'people like you take items like it'
                when
                    lists.lead_source
                    in ('als', 'bpr', 'bspm', 'lmf', 'svd', 'tifu_knn', 'user_knn')
                then 'people with a similar history take it'
                when lists.lead_source = 'slot'
                then concat('placed by rule ', lists.placed_by)
                else lists.lead_source
            end as reason,
            lists.placed_by,
            lists.propensity,
            lists.item_rank
        from lists
        inner join users on lists.user_id = users.user_id
        inner join items on lists.item_id = items.item_id
        {% if reasoned %}
            left join
                reasons
                on lists.user_id = reasons.user_id
                and lists.item_id = reasons.item_id
                and lists.lead_source = reasons.candidate_source
        {% endif %}
        left join
            items as because
            on {{
                (
                    "coalesce(lists.reason_item_id, reasons.reason_item_id)"
                    if reasoned
                    else "lists.reason_item_id"
                )
            }} = because.item_id
        left join
            user_items
            on lists.user_id = user_items.user_id
            and lists.item_id = user_items.item_id
    )

select *
from final
