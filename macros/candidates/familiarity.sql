{#- familiarity(): how well a user knows an item of int_user_items, as functions that find
    best items read it: 2 taken, 1 seen; what they do not know is 0.
    familiarity()  ->  case when is_taken then 2 else 1 end -#}
{% macro familiarity() -%} case when is_taken then 2 else 1 end {%- endmacro %}
