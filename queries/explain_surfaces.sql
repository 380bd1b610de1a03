-- One row per surface: does it show a user an item, else the first step that removed
-- it.
-- Asked by `recsql explain`, or compiled by dbt with vars asked_user and asked_item.
with
    users as ({{ asked_rows(ref("int_users"), ["user"]) }}),

    items as ({{ asked_rows(ref("int_items"), ["item"]) }}),

    stage_items as ({{ asked_rows(ref("list_stage_items"), ["user", "item"]) }}),

    candidates as ({{ asked_rows(ref("list_candidates"), ["user", "item"]) }}),

    user_scopes as ({{ asked_rows(ref("elig_user_scopes"), ["user"]) }}),

    offered as ({{ asked_rows(ref("elig_scope_items"), ["item"]) }}),

    excluded as ({{ asked_rows(ref("rec_excluded"), ["user", "item"]) }}),

    shown as ({{ asked_rows(ref("rec_for_user"), ["user", "item"]) }}),

    surfaces as (select * from {{ ref("list_surfaces") }}),

    stages as (select * from {{ ref("list_stages") }}),

    proposed as (
        select candidate_source, is_repeat, score, kind_rank, item_rank, surface
        from candidates
        union all
        select candidate_source, is_repeat, score, source_rank, source_rank, surface
        from stage_items
        where candidate_source = 'blend'
    ),

    catalogued as (
        select user_scopes.surface
        from user_scopes
        inner join offered on user_scopes.scope_index = offered.scope_index
        where user_scopes.surface is not null
    ),

    -- the first source of a surface that gets furthest with the item, 4: its rank only
    reached as (
        select
            stages.surface,
            surfaces.allow_repeat,
            surfaces.list_length,
            stages.stage,
            stages.min_orders,
            stages.min_score,
            stages.candidate_source,
            proposed.is_repeat,
            proposed.score,
            case
                when surfaces.allow_repeat = 'all'
                then proposed.item_rank
                else proposed.kind_rank
            end as source_rank,
            surfaces.has_catalogue
            and surfaces.repeat_means = '{{ var("repeat_means") }}'
            and surfaces.surface
            not in (select surface from catalogued) as is_elsewhere,
            case
                when proposed.candidate_source is null
                then 0
                when
                    surfaces.allow_repeat <> 'all'
                    and proposed.is_repeat <> (surfaces.allow_repeat = 'repeat_only')
                then 1
                when users.order_count < stages.min_orders
                then 2
                when not {{ meets_threshold("proposed.score", "stages.min_score") }}
                then 3
                else 4
            end as step
        from stages
        inner join surfaces on stages.surface = surfaces.surface
        cross join users
        cross join items
        left join
            proposed
            on stages.candidate_source = proposed.candidate_source
            and coalesce(stages.surface = proposed.surface, not surfaces.has_catalogue)
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
                when excluded.step is not null
                then
                    concat(
                        'rank ',
                        cast(excluded.item_rank as varchar),
                        ' without rules, ',
                        excluded.step,
                        case
                            when excluded.rule_name is not null
                            then concat(' by rule ', excluded.rule_name)
                            else ''
                        end
                    )
                when reached.is_elsewhere
                then 'not in the catalogue of this surface: its where'
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
                when reached.step = 3
                then
                    concat(
                        'its score of ',
                        reached.candidate_source,
                        ' is below ',
                        cast(reached.min_score as varchar)
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
        left join excluded on reached.surface = excluded.surface
    )

select what, verdict, detail
from final
order by what
