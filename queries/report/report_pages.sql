-- One row per sampled item and place on its page. Read by `recsql report`.
with
    sampled as ({{ sampled_items() }}),

    pages as (select * from {{ ref("rec_item_page") }}),

    final as (
        select
            sampled.item_text as item_id,
            left(pages.item_title, 120) as item_title,
            pages.is_available,
            pages.item_rank,
            pages.kind,
            {{ id_text("pages.related_item_id") }} as other_id,
            left(pages.related_title, 120) as other_title,
            left(pages.related_category, 80) as other_category
        from pages
        inner join sampled on pages.item_id = sampled.item_id
        where pages.region = 'all'
    )

select *
from final
order by item_id, item_rank
