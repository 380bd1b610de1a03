-- One row per (match_name, is_asked, key_text): a key of one of two inputs that are
-- compared, and what it meets in the other: itself, or one that is nearly alike.
-- is_asked: keys that are looked for; the others are those of where they are looked
-- for.
with
    keys as (select * from {{ ref("mon_keys") }}),
    pairs as (select * from {{ ref("match_pairs") }}),

    mapped as (
        select 'events' as table_name
        union all
        select 'known'
        {% for name in ["items", "users", "availability"] %}
            {% if var(name).get("table") or var(name).get("model") %}
                union all
                select '{{ name }}'
            {% endif %}
        {% endfor %}
    ),

    asked as (
        select pairs.match_name, pairs.key_kind, pairs.table_name, pairs.other_table
        from pairs
        inner join mapped on pairs.other_table = mapped.table_name
    ),

    directed as (
        select match_name, true as is_asked, key_kind, table_name, other_table
        from asked
        union all
        select match_name, false, key_kind, other_table, table_name
        from asked
    ),

    loose as (
        select table_name, key_kind, loose_text, min(key_text) as key_text
        from keys
        group by table_name, key_kind, loose_text
    ),

    final as (
        select
            directed.match_name,
            directed.is_asked,
            keys.key_text,
            others.key_text as met_text,
            case when others.key_text is null then loose.key_text end as nearly_text
        from directed
        inner join
            keys
            on directed.table_name = keys.table_name
            and directed.key_kind = keys.key_kind
        left join
            keys as others
            on directed.other_table = others.table_name
            and directed.key_kind = others.key_kind
            and keys.key_text = others.key_text
        left join
            loose
            on directed.other_table = loose.table_name
            and directed.key_kind = loose.key_kind
            and keys.loose_text = loose.loose_text
    )

select *
from final
