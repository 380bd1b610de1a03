{#- history_reason(user_items): a reason in words: what a user did with an item of
    int_user_items. How often they took it, else that it is in their cart, else what they
    did last, in the words of var event_words.
    history_reason("user_items")
    ->  case when user_items.is_taken then concat('taken ', ...) ... end -#}
{% macro history_reason(user_items) -%}
    {%- set baskets = user_items ~ ".basket_count" -%}
    {%- set last_at = user_items ~ ".last_taken_at" -%}
    case
        when {{ user_items }}.is_taken
        then {{ count_and_last_date("taken", baskets, last_at) }}
        when {{ user_items }}.is_in_cart
        then 'in your cart'
        {%- for name in var("event_weights") %}
                {%- set word = var("event_words").get(name, name) %}
                {%- set times = user_items ~ ".type_counts[" ~ text(name) ~ "]" %}
                {%- set last_at = user_items ~ ".type_last_at[" ~ text(name) ~ "]" %}
            when {{ last_at }} = {{ user_items }}.last_at
            then {{ count_and_last_date(word, times, last_at) }}
        {%- endfor %}
    end
{%- endmacro %}
