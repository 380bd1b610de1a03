-- One row per (surface, list_name, min_orders, user_number): how much better than the
-- surface a user would be served by one source from min_orders on, and before that by
-- the surface's first fallback.
-- By the first of eval_compared_metrics at the smallest k; sums over folds. None where
-- a surface filters or moves items.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    figures as (select * from {{ ref("eval_user_figures") }}),
    segments as (select * from {{ ref("eval_segments") }} where segment_kind = 'all'),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    definitions as (select * from {{ ref("metric_definitions") }}),

    bounds as (select unnest({{ var("eval_order_bounds") }}) as min_orders),

    directed as (
        select
            figures.fold,
            figures.allow_repeat,
            figures.list_name,
            figures.user_id,
            case
                when definitions.higher_is_better
                then figures.figure
                else - figures.figure
            end as figure
        from figures
        inner join definitions on figures.metric = definitions.metric
        where
            figures.metric = {{ text((var("eval_compared_metrics") or [""])[0]) }}
            and figures.k = {{ var("eval_cutoffs") | min | int }}
    ),

    served as (
        select surfaces.*, directed.fold, directed.user_id, directed.figure
        from directed
        inner join
            surfaces
            on directed.allow_repeat = surfaces.allow_repeat
            and directed.list_name = concat('surface ', surfaces.surface)
            and not (surfaces.is_moved or surfaces.has_catalogue)
    ),

    compared as (
        select
            served.surface,
            served.fold,
            served.user_id,
            served.figure,
            sources.list_name,
            sources.figure as source_figure,
            coalesce(fallbacks.figure, 0) as fallback_figure
        from served
        inner join
            directed as sources
            on served.fold = sources.fold
            and served.allow_repeat = sources.allow_repeat
            and served.user_id = sources.user_id
            and substring(sources.list_name, 1, 8) <> 'surface '
        left join
            directed as fallbacks
            on served.first_fallback = fallbacks.list_name
            and served.fold = fallbacks.fold
            and served.allow_repeat = fallbacks.allow_repeat
            and served.user_id = fallbacks.user_id
    ),

    final as (
        select
            compared.surface,
            compared.list_name,
            bounds.min_orders,
            segments.user_number,
            {{ stable_sum("compared.figure") }} as surface_figure,
            {{
                stable_sum(
                    "case when segments.order_count >= bounds.min_orders "
                    ~ "then compared.source_figure else compared.fallback_figure end "
                    ~ "- compared.figure"
                )
            }} as difference,
            cast(count(*) as double) as case_count
        from compared
        inner join segments using (fold, user_id)
        cross join bounds
        group by
            compared.surface,
            compared.list_name,
            bounds.min_orders,
            segments.user_number
    )

select *
from final
