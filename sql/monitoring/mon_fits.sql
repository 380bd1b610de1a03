-- One row per model_name: when a factor model was fitted, why then, and what it has not
-- seen.
{{ config(enabled=fitted_models() != "") }}
with
    refit as (select * from {{ ref("sig_refit") }}),
    items as (select * from {{ ref("int_items") }}),

    fits as (select * from {{ ref("sig_factor_models") }} where fitted_at is not null),

    learned as (select model_name, unnest(item_ids) as item_id from fits),

    seen as (
        select learned.model_name, count(*) as item_count
        from learned
        inner join items on learned.item_id = items.item_id
        where items.is_eligible
        group by learned.model_name
    ),

    eligible as (select count(*) as item_count from items where is_eligible),

    final as (
        select
            fits.model_name,
            fits.fitted_at,
            case
                when fits.fitted_at > refit.fitted_at then 'rebuilt' else refit.reason
            end as reason,
            refit.refreshes_since,
            refit.drift,
            coalesce(seen.item_count, 0) as item_count,
            eligible.item_count - coalesce(seen.item_count, 0) as unseen_item_count
        from fits
        cross join refit
        cross join eligible
        left join seen on fits.model_name = seen.model_name
    )

select *
from final
