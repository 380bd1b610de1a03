-- One row per (user_id, surface): the scope that says what the user may be shown.
-- The user's own, else that of the home region, else scope 0. surface is null; one with
-- a catalogue of its own has scopes of its own, one for each offer_index and profile.
{% set own = surfaces_use(["where"]) == "yes" %}
with
    users as (select * from {{ ref("int_users") }}),
    scopes as (select * from {{ ref("elig_scopes") }}),
    {% if own %} profiles as (select * from {{ ref("elig_profiles") }}), {% endif %}

    placed as (
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
    ),

    final as (
        select
            user_id,
            user_index,
            cast(null as varchar) as surface,
            scope_index,
            scope_index as offer_index,
            cast(null as integer) as profile
        from placed
        {% if own %}
            union all
            select
                placed.user_id,
                placed.user_index,
                profiles.surface,
                cast(
                    (select count(*) from scopes)
                    - 1
                    + dense_rank() over (
                        order by profiles.surface, placed.scope_index, profiles.profile
                    ) as integer
                ),
                placed.scope_index,
                profiles.profile
            from placed
            inner join profiles on placed.user_id = profiles.user_id
        {% endif %}
    )

select *
from final
