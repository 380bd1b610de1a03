-- One row per surface: does it show a user an item, else the first step that removed
-- it.
-- Asked by `recsql explain`, or compiled by dbt with vars asked_user and asked_item.
with
    users as ({{ asked_rows(ref("int_users"), ["user"]) }}),

    items as ({{ asked_rows(ref("int_items"), ["item"]) }}),

    candidates as ({{ asked_rows(ref("cand_all"), ["user", "item"]) }}),

    shown as ({{ asked_rows(ref("rec_for_user"), ["user", "item"]) }}),

    stages as ({{ surface_stages() }}),

    -- the first source of a surface that gets furthest with the item, 3: its rank only
    reached as (
        select
            stages.surface,
            stages.allow_repeat,
            stages.list_length,
            stages.stage,
            stages.min_orders,
            stages.candidate_source,
            candidates.is_repeat,
            users.order_count,
            case
                when stages.allow_repeat = 'all'
                then candidates.item_rank
                else candidates.kind_rank
            end as source_rank,
            case
                when candidates.item_id is null
                then 0
                when
                    stages.allow_repeat <> 'all'
                    and candidates.is_repeat <> (stages.allow_repeat = 'repeat_only')
                then 1
                when users.order_count < stages.min_orders
                then 2
                else 3
            end as step
        from stages
        cross join users
        cross join items
        left join candidates on stages.candidate_source = candidates.candidate_source
        qualify
            row_number() over (
                partition by stages.surface order by step desc, stages.stage
            )
            = 1
    ),

    final as (
        select
            concat('surface ', reached.surface) as what,
            case
                when shown.item_id is null then 'not shown' else 'shown'
            end as verdict,
            case
                when shown.item_id is not null
                then
                    concat(
                        'rank ',
                        cast(shown.item_rank as varchar),
                        ' from ',
                        shown.candidate_source,
                        ': ',
                        shown.reason
                    )
                when reached.step = 0
                then 'no source of this surface proposes it'
                when reached.step = 1
                then
                    case
                        when reached.is_repeat
                        then 'it is a repeat, and this surface shows new items only'
                        else 'it is new, and this surface shows repeats only'
                    end
                when reached.step = 2
                then
                    concat(
                        reached.candidate_source,
                        ' serves users with ',
                        cast(reached.min_orders as varchar),
                        ' orders or more'
                    )
                else
                    concat(
                        'below the cut: rank ',
                        cast(reached.source_rank as varchar),
                        ' of ',
                        reached.candidate_source,
                        ', and the list of ',
                        cast(reached.list_length as varchar),
                        ' is full before'
                    )
            end as detail
        from reached
        left join shown on reached.surface = shown.surface
    )

select what, verdict, detail
from final
order by what
