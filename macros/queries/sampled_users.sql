{#- sampled_users(): the body of a CTE of a query in queries/report: the users whose lists the
    report shows, drawn by a hash of their id, and the asked one.
    sampled_users()
    ->  select user_id, ... qualify place <= 200 or user_text = '900' -#}
{% macro sampled_users() %}
    select
        user_id,
        {{ id_text("user_id") }} as user_text,
        row_number() over (
            order by
                {{ hash_share("concat('report:', cast(user_id as varchar))") }}, user_id
        ) as place
    from {{ ref("rec_for_user") }}
    group by user_id
    qualify
        place <= {{ var("report_users") | int }}
        or user_text = {{ text(var("asked_user") or "") }}
{% endmacro %}
