-- One row per (user_id, item_rank): what the user is likely to take again, and when.
-- expected_at = last_at + gap_days: the user's own median gap, else the item's. status
-- compares the days since with it, by buy_again_due and buy_again_overdue.
{{ config(enabled="history" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    own_rhythms as (select * from {{ ref("int_repurchases") }}),
    item_rhythms as (select * from {{ ref("sig_item_rhythms") }}),
    reference as (select * from {{ ref("int_reference_time") }}),
    items as (select * from {{ ref("int_items") }}),

    taken as (select * from user_items where is_taken and is_eligible and weight > 0),

    ranked as (
        select
            *,
            row_number() over (
                partition by user_id order by weight desc, item_index
            ) as item_rank
        from ({{ eligible_pairs("taken") }}) as shown
        qualify item_rank <= {{ var("buy_again_per_user") | int }}
    ),

    timed as (
        select
            ranked.user_id,
            ranked.item_id,
            items.title as item_title,
            items.category,
            ranked.basket_count,
            ranked.last_taken_at as last_at,
            coalesce(own_rhythms.gap_days, item_rhythms.gap_days) as gap_days,
            case
                when own_rhythms.gap_days is not null
                then 'own'
                when item_rhythms.gap_days is not null
                then 'item'
            end as gap_basis,
            {{ days_between("ranked.last_taken_at", "reference.reference_at") }}
            as days_since,
            ranked.weight as score,
            ranked.item_rank
        from ranked
        cross join reference
        inner join items on ranked.item_id = items.item_id
        left join
            own_rhythms
            on ranked.user_id = own_rhythms.user_id
            and ranked.item_id = own_rhythms.item_id
        left join item_rhythms on ranked.item_id = item_rhythms.item_id
    ),

    final as (
        select
            user_id,
            item_id,
            item_title,
            category,
            basket_count,
            last_at,
            days_since,
            gap_days,
            gap_basis,
            {{ add_seconds("last_at", "gap_days * 86400") }} as expected_at,
            case
                when days_since > gap_days * {{ var("buy_again_overdue") | float }}
                then 'overdue'
                when days_since >= gap_days * {{ var("buy_again_due") | float }}
                then 'due'
                when gap_days is not null
                then 'not_yet'
            end as status,
            score,
            item_rank,
            {{ run_stamp() }}
        from timed
    )

select *
from final
