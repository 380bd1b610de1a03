-- One row per (measure, part, bin): what this refresh is like, in a few hundred
-- numbers.
-- amount = rows in the bin; of list_overlap, the mean over users. recsql keeps it of
-- each refresh, to compare the next with.
{% set has_factors = factor_sources() != "" %}
with
    reference as (select * from {{ ref("int_reference_time") }}),
    items as (select * from {{ ref("int_items") }}),
    checks as (select * from {{ ref("int_event_checks") }}),
    event_bins as (select * from {{ ref("mon_event_bins") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    {% if has_factors %}
        norm_bins as (select * from {{ ref("mon_norm_bins") }}),
    {% endif %}
    {% if var("refresh_history") %}
        stayed as (select * from {{ ref("mon_overlaps") }}),
    {% endif %}

    pair_bins as (select {{ octave("weight") }} as bin from user_items),

    verdicts as (select coalesce(rejection_reason, 'accepted') as verdict from checks),

    united as (
        select 'size' as measure, 'all' as part, 'events' as bin, event_count as amount
        from reference
        union all
        select 'size', 'all', 'users', user_count
        from reference
        union all
        select 'size', 'all', 'baskets', basket_count
        from reference
        union all
        select 'size', 'all', 'items', count(*)
        from items
        where basket_count > 0
        union all
        select 'verdict', 'all', verdict, count(*)
        from verdicts
        group by verdict
        union all
        select measure, 'all', bin, event_count
        from event_bins
        union all
        select 'weight', 'all', bin, count(*)
        from pair_bins
        group by bin
        {% if has_factors %}
            union all
            select 'factor_norm', part, bin, vector_count
            from norm_bins
        {% endif %}
        {% if var("refresh_history") %}
            union all
            select
                'list_overlap',
                surface,
                'mean',
                {{ ratio(stable_sum("overlap"), "count(*)") }}
            from stayed
            group by surface
        {% endif %}
    ),

    final as (
        select
            {{ text(invocation_id) }} as run_id,
            measure,
            part,
            bin,
            cast(amount as double) as amount
        from united
    )

select *
from final
