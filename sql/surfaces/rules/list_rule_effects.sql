-- One row per (user_id, surface, item_id): what the rules of a surface do to an item.
-- Boosts multiply and buries divide; the first rule of each kind is named. Rounded to
-- millionths, so that equal products are equal.
{{ config(enabled=surfaces_move() == "yes") }}
with
    hits as (select * from {{ ref("list_rule_hits") }}),

    final as (
        select
            user_id,
            surface,
            item_id,
            min(case when action = 'hide' then rule_number end) as hide_number,
            min(case when action <> 'hide' then rule_number end) as move_number,
            floor(
                exp(
                    {{
                        stable_sum(
                            "case action when 'boost' then ln(factor) "
                            ~ "when 'bury' then - ln(factor) else 0 end"
                        )
                    }}
                )
                * 1000000
                + 0.5
            )
            / 1000000 as move_factor
        from hits
        group by user_id, surface, item_id
    )

select *
from final
