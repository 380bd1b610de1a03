{#- holder(): whose a line is, as text: the user's, or the guest's of one basket.
    holder()  ->  case when user_id is null then concat('basket ', basket_id) else ... -#}
{% macro holder() -%}
    case
        when user_id is null
        then concat('basket ', basket_id)
        else concat('user ', cast(user_id as varchar))
    end
{%- endmacro %}
