-- One row per (scope_index, item_id): what users of a scope may be shown now.
-- elig_offers, and of them, for scopes of a surface with a catalogue of its own, what
-- is in the catalogue. A view of elig_offers where no surface has one.
{% set own = surfaces_use(["where"]) == "yes" %}
{{ config(materialized="table" if own else "view") }}
with
    offers as (select * from {{ ref("elig_offers") }}),
    {% if own %}
        user_scopes as (select * from {{ ref("elig_user_scopes") }}),
        catalogues as (select * from {{ ref("elig_catalogues") }}),

        own_scopes as (
            select scope_index, offer_index, surface, profile
            from user_scopes
            where surface is not null
            group by scope_index, offer_index, surface, profile
        ),
    {% endif %}

    final as (
        select scope_index, item_id, item_index, is_eligible
        from offers
        {% if own %}
            union all
            select
                own_scopes.scope_index,
                offers.item_id,
                offers.item_index,
                offers.is_eligible
            from own_scopes
            inner join offers on own_scopes.offer_index = offers.scope_index
            inner join
                catalogues
                on own_scopes.surface = catalogues.surface
                and own_scopes.profile = catalogues.profile
                and offers.item_index = catalogues.item_index
        {% endif %}
    )

select *
from final
