-- One row per fact about a user and an item: who, what, taken before, and each source.
-- Asked by `recsql explain`, or compiled by dbt with vars asked_user and asked_item.
with
    users as ({{ asked_rows(ref("int_users"), ["user"]) }}),

    items as ({{ asked_rows(ref("int_items"), ["item"]) }}),

    user_items as ({{ asked_rows(ref("int_user_items"), ["user", "item"]) }}),

    candidates as ({{ asked_rows(ref("cand_all"), ["user", "item"]) }}),

    -- the question stands also where neither user nor item is known
    asked as (select 1 as questions),

    sources as (
        {% for source in var("candidate_sources") %}
            select {{ loop.index }} as place, {{ text(source) }} as candidate_source
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            1 as part,
            0 as place,
            'user' as what,
            case when users.user_id is null then 'unknown' else 'known' end as verdict,
            case
                when users.user_id is null
                then 'not in the data; gets what is popular: recsql show rec_popular'
                else concat('orders: ', cast(users.order_count as varchar))
            end as detail
        from asked
        left join users on true
        union all
        select
            2,
            0,
            'item',
            case
                when items.item_id is null
                then 'unknown'
                when items.is_eligible
                then 'known'
                when items.is_new
                then 'new'
                else 'too rare'
            end,
            case
                when items.item_id is null
                then 'neither sold nor in the catalogue'
                else
                    concat(
                        items.title,
                        '; baskets and sessions: ',
                        cast(items.visit_count as varchar),
                        ', min_item_baskets: ',
                        {{ text(var("min_item_baskets")) }}
                    )
            end
        from asked
        left join items on true
        union all
        select
            3,
            0,
            'history',
            case
                when user_items.item_id is null
                then 'new'
                when user_items.is_taken
                then 'taken'
                else 'seen'
            end,
            case
                when user_items.item_id is null
                then 'the user has neither taken nor seen it'
                else {{ history_reason("user_items") }}
            end
        from users
        cross join items
        left join user_items on true
        union all
        select
            4,
            sources.place,
            concat('source ', sources.candidate_source),
            case when candidates.item_id is null then 'silent' else 'proposes it' end,
            case
                when candidates.item_id is null
                then
                    'not among its best {{ var("candidates_per_user") }} new items or repeats'
                else
                    concat(
                        'rank ',
                        cast(candidates.item_rank as varchar),
                        ', among ',
                        case
                            when candidates.is_repeat then 'repeats' else 'new items'
                        end,
                        ' ',
                        cast(candidates.kind_rank as varchar)
                    )
            end
        from sources
        cross join users
        cross join items
        left join candidates on sources.candidate_source = candidates.candidate_source
    )

select what, verdict, detail
from final
order by part, place, what
