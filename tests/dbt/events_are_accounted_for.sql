-- Nothing is lost: accepted + rejected = read.
with
    staged as (select count(*) as event_count from {{ ref("stg_events") }}),
    accepted as (select count(*) as event_count from {{ ref("int_events") }}),
    rejected as (select count(*) as event_count from {{ ref("int_rejected_events") }}),

    final as (
        select
            concat(
                cast(staged.event_count as varchar),
                ' events were read, but ',
                cast(accepted.event_count as varchar),
                ' accepted and ',
                cast(rejected.event_count as varchar),
                ' rejected; refresh again if the raw table has changed meanwhile, ',
                'else a model between stg_events and int_events loses or doubles rows'
            ) as problem
        from staged
        cross join accepted
        cross join rejected
        where staged.event_count <> accepted.event_count + rejected.event_count
    )

select *
from final
