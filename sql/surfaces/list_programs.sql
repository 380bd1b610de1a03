-- One row per surface that is optimized: which pairs of user and item are shown, and
-- the
-- prices of what is scarce.
-- maximize sum(worth * x): each user has list_length slots, chances of an item add up
-- to
-- its stock at most, a supplier's slots to its minimum at least. Solved by HiGHS.
{{ config(enabled=surfaces_use(["optimize"]) == "yes") }}
with
    worths as (select * from {{ ref("list_worths") }}),
    limits as (select * from {{ ref("list_item_limits") }}),

    final as (
        {% for surface in var("surfaces") if surface.get("optimize") %}
            {% set wanted = surface["optimize"] %}
            select
                {{ text(surface["name"]) }} as surface,
                allot(
                    {
                        'user_index':list(user_index),
                        'item_index':list(item_index),
                        'place':list(place),
                        'chance':list(chance),
                        'worth':list(worth)
                    },
                    (
                        select
                            {
                                'item_index':list(item_index),
                                'stock':list(coalesce(stock, -1)),
                                'supplier_index':list(supplier_index)
                            }
                        from limits
                        where surface = {{ text(surface["name"]) }}
                    ),
                    cast(
                        [
                            {{ (wanted.get("minimum") or {}).values() | join(", ") }}
                        ] as double[]
                    ),
                    {{ surface["length"] | int }},
                    {{ wanted.get("pairs") or 15000000 }}
                ) as program
            from worths
            where surface = {{ text(surface["name"]) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
