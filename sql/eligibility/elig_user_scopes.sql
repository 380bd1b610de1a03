-- One row per user: the scope that says what the user may be shown.
-- The user's own, else that of the home region, else scope 0.
with
    users as (select * from {{ ref("int_users") }}),
    scopes as (select * from {{ ref("elig_scopes") }}),

    final as (
        select
            users.user_id,
            users.user_index,
            coalesce(own.scope_index, regional.scope_index, 0) as scope_index
        from users
        left join scopes as own on users.user_id = own.user_id
        left join
            scopes as regional
            on users.home_region = regional.region
            and regional.user_id is null
    )

select *
from final
