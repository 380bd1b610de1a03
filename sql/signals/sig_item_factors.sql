-- One row per (model_name, item_index): an item's factors by each factor model.
-- Items that came after the fit have zeros until the next; new items have a vector
-- where the model places them by their attributes.
{{ config(enabled=factor_sources() != "") }}
with
    models as (select * from {{ ref("sig_factor_models") }}),
    items as (select * from {{ ref("int_items") }}),

    known as ({{ keyed_vectors("models", "item") }}),

    final as (
        select
            models.model_name,
            items.item_index,
            coalesce(known.factors, models.unseen_factors) as factors
        from items
        cross join models
        left join
            known
            on models.model_name = known.model_name
            and items.item_id = known.item_id
        where
            models.unseen_factors is not null
            and (
                items.is_eligible
                or (items.is_new and models.places_new and known.factors is not null)
            )
    )

select *
from final
