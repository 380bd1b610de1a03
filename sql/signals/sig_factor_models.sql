-- One row per model_name: the fit of a factor model, its vectors and whose they are.
-- All that reads factors begins here, whichever model they are of.
{% set sources = factor_sources().split() %}
{{ config(enabled=sources | length > 0, materialized="view") }}
with
    {% for source in sources %}
        {{ source }}_fit as (select * from {{ ref("sig_" ~ source ~ "_model") }}),
    {% endfor %}

    final as (
        {% for source in sources %}
            select
                model_name,
                factors,
                user_ids,
                item_ids,
                unseen_factors,
                dimensions,
                places_new,
                fitted_at,
                refreshed_at
            from {{ source }}_fit
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
