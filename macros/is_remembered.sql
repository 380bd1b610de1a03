{#- is_remembered(user): false for users on the list of raw table forgotten_users, which has
    salted hashes; true for guests.
    is_remembered("user_id")  ->  coalesce(sha256(concat((select max(salt) ... -#}
{% macro is_remembered(user) -%}
    {%- set listed = source("forgotten", "forgotten_users") -%}
    coalesce(
        sha256(
            concat((select max(salt) from {{ listed }}), cast({{ user }} as varchar))
        )
        not in (select user_hash from {{ listed }}),
        true
    )
{%- endmacro %}
