{#- mix_features(): the names of what is known of a batch, in the order in which the trees of
    strategy mix read them, with blanks between: of the user and the source, of no item.
    mix_features()  ->  batch batch_items ... is_popular -#}
{% macro mix_features() -%}
    batch batch_items batch_score batch_repeat_share is_new_only is_repeat_only order_count
    recent_orders days_since_order user_item_count user_repeat_share
    {%- for source in var("candidate_sources") %} is_{{ source }} {%- endfor -%}
{%- endmacro %}
