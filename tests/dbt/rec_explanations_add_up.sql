-- What a shown item is explained by adds up to the score of its source, from 1 to n.
with
    parts as (select * from {{ ref("rec_explanations") }}),
    shown as (select * from {{ ref("why_shown") }}),

    summed as (
        select
            user_id,
            surface,
            item_id,
            candidate_source,
            count(*) as part_count,
            max(part_rank) as last_rank,
            sum(contribution) as contribution
        from parts
        group by user_id, surface, item_id, candidate_source
    ),

    final as (
        select
            concat(
                'item ',
                cast(summed.item_id as varchar),
                ', shown to a user',
                ' on surface ',
                summed.surface,
                ', has parts that do not add up to its score: end the terms of source ',
                summed.candidate_source,
                ' in why_terms with one row per cause'
            ) as problem,
            summed.user_id
        from summed
        inner join
            shown
            on summed.user_id = shown.user_id
            and summed.item_id = shown.item_id
            and summed.candidate_source = shown.candidate_source
        where
            summed.part_count <> summed.last_rank
            or abs(summed.contribution - shown.score)
            > 1e-5 * greatest(1, abs(shown.score))
    )

select *
from final
