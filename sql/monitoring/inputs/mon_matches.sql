-- One row per match_name: of two inputs, how many keys of one the other knows, and an
-- example of each side that does not meet, against vars match_warn and match_fail.
-- match_share = matched_count / key_count. nearly_count: keys that would meet without
-- blanks around them and in lower case; these always warn, and so does no match at all.
with
    keys as (select * from {{ ref("mon_key_matches") }}),
    pairs as (select * from {{ ref("match_pairs") }}),

    counted as (
        select
            match_name,
            count(*) as key_count,
            count(met_text) as matched_count,
            count(nearly_text) as nearly_count,
            max(case when met_text is null then key_text end) as unmet_text,
            max(case when nearly_text is not null then key_text end) as near_key_text,
            max_by(
                nearly_text, case when nearly_text is not null then key_text end
            ) as nearly_text
        from keys
        where is_asked
        group by match_name
    ),

    opposite as (
        select
            match_name,
            count(*) as other_count,
            max(case when met_text is null then key_text end) as unmet_text
        from keys
        where not is_asked
        group by match_name
    ),

    limited as (
        select
            pairs.*,
            counted.key_count,
            coalesce(opposite.other_count, 0) as other_count,
            counted.matched_count,
            {{ ratio("counted.matched_count", "counted.key_count") }} as match_share,
            counted.nearly_count,
            coalesce(counted.near_key_text, counted.unmet_text) as example,
            coalesce(counted.nearly_text, opposite.unmet_text) as other_example,
            {{ limit_of("match_warn", "counted.match_name") }} as warn_at,
            {{ limit_of("match_fail", "counted.match_name") }} as fail_at
        from counted
        inner join pairs on counted.match_name = pairs.match_name
        left join opposite on counted.match_name = opposite.match_name
    ),

    final as (
        select
            match_name,
            table_name,
            other_table,
            key_kind,
            meaning,
            key_count,
            other_count,
            matched_count,
            match_share,
            nearly_count,
            example,
            other_example,
            warn_at,
            fail_at,
            {{
                limit_status(
                    "match_share <= warn_at or nearly_count > 0 or matched_count = 0",
                    "match_share <= fail_at",
                )
            }} as status,
            {{ run_stamp() }}
        from limited
    )

select *
from final
