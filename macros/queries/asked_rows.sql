{#- asked_rows(relation, kinds): the body of a CTE of a query in queries/: the rows of the
    asked user, the asked item or both, by vars asked_user and asked_item, as text.
    asked_rows(ref("int_users"), ["user"])
    ->  select * from main.int_users where cast(user_id as varchar) = '900' -#}
{% macro asked_rows(relation, kinds) %}
    select *
    from {{ relation }}
    where
        {% for kind in kinds %}
            cast({{ kind }}_id as varchar) = {{ text(var("asked_" ~ kind)) }}
            {% if not loop.last %} and {% endif %}
        {% endfor %}
{% endmacro %}
