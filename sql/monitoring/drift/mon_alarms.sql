-- One row per measure or table over a limit in this refresh, with a sentence for
-- people.
with
    freshness as (select * from {{ ref("mon_freshness") }}),
    read_values as (select * from {{ ref("mon_values") }}),
    matches as (select * from {{ ref("mon_matches") }}),
    {% if var("refresh_history") %}
        drift as (select * from {{ ref("mon_drift") }}),
    {% endif %}

    united as (
        select
            status,
            concat(
                table_name,
                case when part = 'all' then '' else concat(' (', part, ')') end,
                ': the newest is ',
                cast(cast(age_hours as integer) as varchar),
                ' hours old (vars freshness_warn, freshness_fail)'
            ) as problem
        from freshness
        union all
        select
            status,
            concat(
                table_name,
                '.',
                column_name,
                ': ',
                cast(unreadable_count as varchar),
                ' of ',
                cast(read_count + unreadable_count as varchar),
                ' values cannot be read, and ',
                cast(far_count as varchar),
                ' are times that cannot be, such as ',
                coalesce(lowest_text, far_text),
                ' (table mon_values, var max_unreadable_share)'
            )
        from read_values
        where status = 'fail'
        union all
        select
            status,
            concat(
                cast(matched_count as varchar),
                ' of ',
                cast(key_count as varchar),
                ' ',
                meaning,
                case when example is not null then ': ' else '' end,
                {{ quoted_text("example") }},
                case when example is not null then ' is not' else '' end,
                case
                    when nearly_count > 0
                    then
                        concat(
                            ', but ',
                            {{ quoted_text("other_example") }},
                            ' is; ',
                            cast(nearly_count as varchar),
                            ' more would meet by lower(trim(...)) in both mappings'
                        )
                    when example is not null and other_example is not null
                    then concat(', there is ', {{ quoted_text("other_example") }})
                    else ''
                end,
                ' (table mon_matches, vars match_warn, match_fail)'
            )
        from matches
        {% if var("refresh_history") %}
            union all
            select
                status,
                concat(
                    replace(measure, '_', ' '),
                    case when part = 'all' then '' else concat(' of ', part) end,
                    ': ',
                    statistic,
                    ' is ',
                    cast(cast(figure as decimal(18, 3)) as varchar),
                    ' against the refresh published before (vars drift_warn, drift_fail)'
                )
            from drift
            where refreshes_ago = 0
        {% endif %}
    ),

    final as (select status, problem from united where status <> 'ok')

select *
from final
