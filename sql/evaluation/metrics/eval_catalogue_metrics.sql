-- One row per (list_name, allow_repeat, k): how all lists together use the catalogue.
-- Gini over all items, never listed ones too; personalization = 1 - the items that two
-- users' lists share / k, over all pairs of users. Formulas in seed metric_definitions.
{% set metrics = [
    "catalogue_coverage",
    "user_coverage",
    "gini",
    "entropy",
    "personalization",
    "pop_reo",
] %}
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_metrics") | select("in", metrics) | list | length > 0
    )
}}
with
    shown as (select * from {{ ref("eval_shown_items") }}),
    items as (select * from {{ ref("int_items") }}),
    users as (select * from {{ ref("int_users") }}),
    {% if "pop_reo" in var("eval_metrics") %}
        opportunity as (select * from {{ ref("eval_equal_opportunity") }}),
    {% endif %}

    catalogue as (select count(*) as item_count from items where is_eligible or is_new),

    known as (select user_id from users where event_count > 0),

    everyone as (select count(*) as known_count from known),

    served as (
        select
            shown.list_name,
            shown.allow_repeat,
            shown.k,
            count(distinct shown.user_id) as user_count,
            count(distinct known.user_id) as known_count
        from shown
        left join known on shown.user_id = known.user_id
        group by shown.list_name, shown.allow_repeat, shown.k
    ),

    counted as (
        select
            list_name,
            allow_repeat,
            k,
            cast(count(*) as double) as shown_count,
            -- from the most shown item down, so that those never shown come last
            row_number() over (
                partition by list_name, allow_repeat, k order by count(*) desc, item_id
            ) as place
        from shown
        group by list_name, allow_repeat, k, item_id
    ),

    summed as (
        select
            list_name,
            allow_repeat,
            k,
            count(*) as item_count,
            sum(shown_count) as row_count,
            sum(place * shown_count) as place_sum,
            sum(shown_count * (shown_count - 1)) as pair_count,
            {{ stable_sum("shown_count * log2(shown_count)") }} as log_sum
        from counted
        group by list_name, allow_repeat, k
    ),

    final as (
        select
            list_name,
            allow_repeat,
            k,
            user_count,
            {{ ratio("summed.item_count", "catalogue.item_count") }}
            as catalogue_coverage,
            {{ ratio("served.known_count", "everyone.known_count") }} as user_coverage,
            1
            + {{ ratio("1 - 2 * place_sum / row_count", "catalogue.item_count") }}
            as gini,
            log2(row_count) - log_sum / row_count as entropy,
            1
            - {{ ratio("pair_count / k", "user_count * (user_count - 1)") }}
            as personalization,
            {{ if_metric_enabled("pop_reo", "opportunity.pop_reo") }} as pop_reo
        from served
        inner join summed using (list_name, allow_repeat, k)
        {% if "pop_reo" in var("eval_metrics") %}
            left join opportunity using (list_name, allow_repeat, k)
        {% endif %}
        cross join catalogue
        cross join everyone
    )

select *
from final
