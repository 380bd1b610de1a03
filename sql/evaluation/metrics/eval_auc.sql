-- One row per (list_name, allow_repeat, user_id, k): area under the ROC curve.
-- AUC = chance that an item taken stands above one not taken: the list cut at k, then
-- all other items that could be listed, tied. Hanley and McNeil 1982. Partial: of those
-- not taken, the first k alone.
{% set asked = var("eval_metrics") | select("in", ["auc", "partial_auc"]) | list %}
{{ config(enabled=var("as_of") is not none and asked | length > 0) }}
{% set figures = {"auc": "other_count", "partial_auc": "least(other_count, k)"} %}
with
    lists as (select * from {{ ref("eval_lists") }}),
    hits as (select * from {{ ref("eval_hits") }}),
    user_metrics as (select * from {{ ref("eval_user_metrics") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    showable as (select item_id from items where is_eligible or is_new),

    catalogue as (select count(*) as item_count from showable),
    owned as (
        select user_items.user_id, count(*) as item_count
        from user_items
        inner join showable on user_items.item_id = showable.item_id
        where {{ is_repeat("user_items") }}
        group by user_items.user_id
    ),

    listed as (
        select list_name, allow_repeat, user_id, max(item_rank) as last_rank
        from lists
        group by list_name, allow_repeat, user_id
    ),

    counted as (
        select
            user_metrics.list_name,
            user_metrics.allow_repeat,
            user_metrics.user_id,
            user_metrics.k,
            user_metrics.hit_count,
            user_metrics.truth_count,
            least(coalesce(listed.last_rank, 0), user_metrics.k) as listed_count,
            case
                user_metrics.allow_repeat
                when 'all'
                then catalogue.item_count
                when 'new_only'
                then catalogue.item_count - coalesce(owned.item_count, 0)
                else coalesce(owned.item_count, 0)
            end
            - user_metrics.catalogue_count as other_count
        from user_metrics
        cross join catalogue
        left join owned on user_metrics.user_id = owned.user_id
        left join
            listed
            on user_metrics.list_name = listed.list_name
            and user_metrics.allow_repeat = listed.allow_repeat
            and user_metrics.user_id = listed.user_id
    ),

    -- above a hit stand as many items not taken as its rank exceeds its hit_number
    misplaced as (
        select
            counted.list_name,
            counted.allow_repeat,
            counted.user_id,
            counted.k,
            sum(hits.item_rank - hits.hit_number) as above_count
        from counted
        inner join hits using (list_name, allow_repeat, user_id)
        where hits.item_rank <= counted.k
        group by counted.list_name, counted.allow_repeat, counted.user_id, counted.k
    ),

    final as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            {% for name, others in figures.items() %}
                {{
                    ratio(
                        "hit_count * "
                        ~ others
                        ~ " - coalesce(above_count, 0)"
                        ~ " + 0.5 * (truth_count - hit_count) * ("
                        ~ others
                        ~ " - listed_count + hit_count)",
                        "truth_count * " ~ others,
                    )
                }} as {{ name }} {% if not loop.last %}, {% endif %}
            {% endfor %}
        from counted
        left join misplaced using (list_name, allow_repeat, user_id, k)
        where counted.other_count > 0
    )

select *
from final
