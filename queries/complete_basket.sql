-- One row per item that completes a basket, best first: rules from each of its items,
-- their evidence above chance added up, then popular items. Asked by `recsql show
-- --basket`, or
-- compiled by dbt with var asked_basket, a list of item ids.
with
    complements as (select * from {{ ref("rec_complements") }}),
    popular as (select * from {{ ref("rec_complement_fill") }}),
    pages as (select * from {{ ref("rec_item_page") }}),

    basket as (
        {% for item_id in var("asked_basket") or [""] %}
            select {{ text(item_id) }} as item_text
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    found as (
        select complements.*
        from complements
        inner join basket on cast(complements.item_id as varchar) = basket.item_text
        where
            complements.region = 'all'
            and cast(complements.complement_item_id as varchar)
            not in (select item_text from basket)
    ),

    summed as (
        select
            complement_item_id as item_id,
            complement_title as item_title,
            complement_category as category,
            {{ stable_sum("log_lift") }} as score,
            concat(
                'goes with ', arg_max(item_title, (log_lift, - item_rank))
            ) as reason,
            cast(null as bigint) as popular_rank
        from found
        group by complement_item_id, complement_title, complement_category
    ),

    filled as (
        select item_id, item_title, item_category, null as score, reason, item_rank
        from popular
        where
            region = 'all'
            and cast(item_id as varchar) not in (select item_text from basket)
            and item_id not in (select item_id from summed)
            and exists (
                select 1
                from pages
                inner join basket on cast(pages.item_id as varchar) = basket.item_text
            )
    ),

    united as (
        select item_id, item_title, category, score, reason, popular_rank
        from summed
        union all
        select item_id, item_title, item_category, score, reason, item_rank
        from filled
    ),

    final as (
        select
            row_number() over (
                order by score desc nulls last, popular_rank, item_id
            ) as item_rank,
            item_id,
            item_title,
            category,
            score,
            reason
        from united
    )

select *
from final
order by item_rank
