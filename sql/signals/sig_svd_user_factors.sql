-- One row per user_index: the user's SVD factors, a vector of numbers.
-- Users whose history changed since the fit, or with events since fold_in_after, get
-- theirs from their full history and the items' factors as they are.
{{ config(enabled="svd" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_svd_model") }}),
    users as (select * from {{ ref("int_users") }}),
    {% if folds_in() == "yes" %}
        item_factors as (select * from {{ ref("sig_svd_item_factors") }}),
        user_items as (select * from {{ ref("int_user_items") }}),
        owner_items as (select * from {{ ref("int_owner_items") }}),

        late as ({{ late_users() }}),

        found as (
            select
                unnest(
                    svd_fold_in(
                        list(user_index),
                        list(item_index),
                        list({{ cell_weight(var("svd_weights")) }}),
                        (select list(factors order by item_index) from item_factors)
                    )
                ) as folded
            from user_items
            where
                is_eligible
                and weight > 0
                and user_index in (select user_index from late)
        ),
    {% endif %}

    known as ({{ keyed_vectors("user") }}),

    learned as ({{ user_vectors() }}),

    final as (
        select user_index, factors
        from learned
        {% if folds_in() == "yes" %}
            where user_index not in (select user_index from late)
            union all
            select folded.user_index, folded.factors
            from found
        {% endif %}
    )

select *
from final
