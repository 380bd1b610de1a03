-- One row per sampled user and item that they are likely to take again: when, and
-- whether it is due; 20 at most. Read by `recsql report`.
{{ config(enabled="history" in var("candidate_sources")) }}
with
    sampled as ({{ sampled_users() }}),

    buy_again as (select * from {{ ref("rec_buy_again") }}),

    final as (
        select
            sampled.user_text as user_id,
            buy_again.item_rank,
            {{ id_text("buy_again.item_id") }} as item_id,
            left(buy_again.item_title, 120) as item_title,
            buy_again.status,
            round(buy_again.gap_days, 1) as gap_days,
            buy_again.gap_basis,
            cast(buy_again.expected_at as date) as expected_on
        from buy_again
        inner join sampled on buy_again.user_id = sampled.user_id
        where buy_again.item_rank <= 20
    )

select *
from final
order by user_id, item_rank
