-- One row per (model_name, user_index): a user's factors by each factor model.
-- Of models that fold users in, those whose history changed since the fit, with events
-- since fold_in_after, or held out by a backtest (eval_split: users), get theirs from
-- their full history and the items' factors as they are.
{% set cells = {
    "als": "cast(weight as float)",
    "svd": cell_weight(var("svd_weights")),
} %}
{% set folding = cells | select("in", factor_sources().split()) | list %}
{% set holds_out = var("as_of") is not none and var("eval_split") == "users" %}
{% set keeps = var("refit_every") | int > 1 %}
{% if not (keeps or holds_out or var("fold_in_after") is not none) %}
    {% set folding = [] %}
{% endif %}
{{ config(enabled=factor_sources() != "") }}
with
    models as (select * from {{ ref("sig_factor_models") }}),
    users as (select * from {{ ref("int_users") }}),
    {% if folding %}
        item_factors as (select * from {{ ref("sig_item_factors") }}),
        user_items as (select * from {{ ref("int_user_items") }}),
        owner_items as (select * from {{ ref("int_owner_items") }}),

        changed as (
            select models.model_name, owner_items.user_id
            from owner_items
            inner join models on owner_items.refreshed_at > models.refreshed_at
            where owner_items.user_id is not null
        ),

        late as (
            select models.model_name, user_items.user_index
            from user_items
            cross join (select model_name from models) as models
            where
                (models.model_name, user_items.user_id)
                in (select model_name, user_id from changed)
                {% if var("fold_in_after") is not none %}
                    or last_at >= {{ as_timestamp(var("fold_in_after")) }}
                {% endif %}
                {% if holds_out %} or {{ is_test_user() }} {% endif %}
            group by models.model_name, user_items.user_index
        ),
    {% endif %}

    {% for source in folding %}
        {{ source }}_found as (
            select
                unnest(
                    {{ source }}_fold_in(
                        list(user_index),
                        list(item_index),
                        list({{ cells[source] }}),
                        (
                            select list(factors order by item_index)
                            from item_factors
                            where model_name = '{{ source }}'
                        )
                        {{ ", " ~ als_parameters() if source == "als" }}
                    )
                ) as folded
            from user_items
            where
                is_eligible
                and weight {{ "<>" if source == "als" else ">" }} 0
                and user_index
                in (select user_index from late where model_name = '{{ source }}')
        ),
    {% endfor %}

    known as ({{ keyed_vectors("models", "user") }}),

    learned as (
        select known.model_name, users.user_index, known.factors
        from known
        inner join users on known.user_id = users.user_id
    ),

    final as (
        select learned.model_name, learned.user_index, learned.factors
        from learned
        {% if folding %}
            where
                learned.model_name not in ('{{ folding | join("', '") }}')
                or (learned.model_name, learned.user_index)
                not in (select model_name, user_index from late)
        {% endif %}
        {% for source in folding %}
            union all
            select '{{ source }}', folded.user_index, folded.factors
            from {{ source }}_found
        {% endfor %}
    )

select *
from final
