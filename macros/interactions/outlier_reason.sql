{#- outlier_reason(): why a line that says who, what and when is not used all the same: a
    code that is no product, numbers that cannot be, too many events at once.
    outlier_reason()  ->  case when quantity = 0 then 'zero_quantity' ... end -#}
{% macro outlier_reason() %}
    case
        {% if var("not_item_pattern") %}
            when {{ is_no_item("item_id") }} then 'not_a_product'
        {% endif %}
        when greatest(abs(quantity), abs(amount), abs(rating)) >= 1e12
        then 'unusable_number'
        when abs(quantity) < 1e-6
        then 'zero_quantity'
        {% if var("max_quantity") is not none %}
            when abs(quantity) > {{ var("max_quantity") | float }}
            then 'extreme_quantity'
        {% endif %}
        {% if var("zero_amounts") == "reject" %}
            when amount = 0 then 'zero_amount'
        {% endif %}
        {% for unit, seconds in [("minute", 60), ("day", 86400)] %}
            {% if var("max_user_events_per_" ~ unit) is not none %}
                when
                    {{ events_at_once(seconds) }}
                    > {{ var("max_user_events_per_" ~ unit) | int }}
                then 'too_many_a_{{ unit }}'
            {% endif %}
        {% endfor %}
    end
{%- endmacro %}
